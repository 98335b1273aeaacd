"""A loopback stand-in for the budget server: takes reports as the contract says."""

from __future__ import annotations

from typing import Any

from tests.client.loopback import Answer, Loopback, Request


class BudgetServer(Loopback):
    """`status` other than 200 is answered to everything, with `retry_after` and
    `location`. `page` is answered to everything as HTML, as a proxy's login page is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.retry_after: str | None = None
        self.location: str | None = None
        self.page = b""
        self.too_many = 1_000  # longer batches are answered 413
        self.optimized: dict[str, Any] = {}
        self.is_repeat = False  # of what is to be optimized
        self.is_cut_known = True

    def answer(self, request: Request) -> Answer:
        headers = {}
        if self.retry_after:
            headers["Retry-After"] = self.retry_after
        if self.location:
            headers["Location"] = self.location
        if self.page:
            return Answer(self.status, self.page, headers)
        if self.status != 200:
            error = {"code": "no", "field": "", "message": "not now"}
            return Answer(self.status, {"error": error}, headers)
        if request.path.endswith("/optimize"):
            if not self.is_cut_known and "after" in request.json():
                error = {"code": "unknown_cut", "field": "after", "message": "unknown"}
                return Answer(409, {"error": error})
            return Answer(200 if self.is_repeat else 201, self.optimized)
        if request.path != "/api/v1/usage":
            return Answer(201, {})
        count = len(request.json())
        if count > self.too_many:
            return Answer(413, {"error": {"code": "too_many", "message": "too many"}})
        taken = {"accepted": count, "duplicates": 0, "rejected": [], "results": []}
        return Answer(200, taken)

    @property
    def reports(self) -> list[dict[str, Any]]:
        """All reports that were posted, also those answered with an error."""
        posts = [r for r in self.requests if r.path == "/api/v1/usage"]
        return [report for post in posts for report in post.json()]
