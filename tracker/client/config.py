"""Where reports go: arguments first, then TOKEN_BUDGET_URL and TOKEN_BUDGET_KEY."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Config:
    """A server and a key. `url` has no slash at its end; "" means reporting is off."""

    url: str
    key: str

    @classmethod
    def of(cls, url: str | None = None, key: str | None = None) -> Config:
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
        """Where reports wait out an outage: one folder for each server and key."""
        digest = sha256(f"{self.url} {self.key}".encode()).hexdigest()[:16]
        return state_folder() / "spool" / digest


def state_folder() -> Path:
    """TOKEN_BUDGET_STATE, else the platform's folder for a user's state."""
    if given := os.environ.get("TOKEN_BUDGET_STATE"):
        return Path(given)
    if os.name == "nt":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local or Path.home() / "AppData" / "Local") / "token-budget"
    state = os.environ.get("XDG_STATE_HOME")
    return Path(state or Path.home() / ".local" / "state") / "token-budget"
