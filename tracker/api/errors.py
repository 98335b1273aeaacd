"""The one shape in which the API says what is wrong."""

from __future__ import annotations

from msgspec.json import encode

from tracker.api.shapes.usage import Error, Problem
from tracker.ingest.arrivals import StoreUnavailable
from tracker.ingest.rows.store_trouble import trouble


class ApiError(Exception):
    """Raise it to answer with the shape `Error` and `status`. `field` names the wrong
    field of the body or query; `retry_after` is in seconds.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.retry_after = retry_after

    @property
    def body(self) -> bytes:
        """JSON."""
        return encode(Error(Problem(self.code, self.field, self.message)))

    @property
    def headers(self) -> dict[str, str]:
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="token-budget"'
        return headers


def too_large(limit: int) -> ApiError:
    mib = limit // (1024 * 1024)
    return ApiError(413, "too_large", f"the body is larger than {mib} MiB")


def saturated() -> ApiError:
    return ApiError(
        503,
        "saturated",
        "too many reports are waiting to be stored; nothing of this was stored",
        retry_after=1,
    )


def store_unavailable(error: Exception) -> ApiError:
    """`error` is a StoreUnavailable, or the database's own error."""
    message = str(error) if isinstance(error, StoreUnavailable) else trouble(error)
    return ApiError(503, "store_unavailable", message, retry_after=5)
