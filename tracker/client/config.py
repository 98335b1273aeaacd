"""Which server and key to use: arguments first, then the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Config:
    """A server's address and an API key. `url` has no slash at its end.

    If either is "", reporting is off.
    """

    url: str
    key: str

    @classmethod
    def of(cls, url: str | None = None, key: str | None = None) -> Config:
        """None means: take it from TOKEN_BUDGET_URL or TOKEN_BUDGET_KEY."""
        url = url if url is not None else os.environ.get("TOKEN_BUDGET_URL", "")
        key = key if key is not None else os.environ.get("TOKEN_BUDGET_KEY", "")
        return cls(url.strip().rstrip("/"), key.strip())

    @property
    def is_on(self) -> bool:
        return bool(self.url and self.key)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
        }

    def api(self, path: str) -> str:
        return f"{self.url}/api/v1/{path}"

    @property
    def spool_folder(self) -> Path:
        """Where reports wait that the server does not take now.

        One folder for each server and key. In a common one, a program would send the
        reports of one project with the key of another.
        """
        digest = sha256(f"{self.url} {self.key}".encode()).hexdigest()[:16]
        return state_folder() / "spool" / digest


def state_folder() -> Path:
    """TOKEN_BUDGET_STATE, or else the platform's folder for a user's state."""
    if given := os.environ.get("TOKEN_BUDGET_STATE"):
        return Path(given)
    if os.name == "nt":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local or Path.home() / "AppData" / "Local") / "token-budget"
    state = os.environ.get("XDG_STATE_HOME")
    return Path(state or Path.home() / ".local" / "state") / "token-budget"
