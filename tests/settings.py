"""The product's settings over a data folder that lives as long as the test run."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

# In memory where there is room: on a slow disk, tests waited for their commits.
_memory = "/dev/shm"
_has_room = os.path.isdir(_memory) and shutil.disk_usage(_memory).free > 500_000_000
_folder = tempfile.mkdtemp(
    prefix="token-budget-tests-", dir=_memory if _has_room else None
)
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["TOKEN_BUDGET_DATA"] = _folder
os.environ["TOKEN_BUDGET_TEST_DB"] = os.path.join(_folder, "test.sqlite3")
# Assets straight from static/: tests need no collectstatic.
os.environ["TOKEN_BUDGET_STATIC_FROM_SOURCE"] = "1"
for _name in ("DATABASE_URL", "REDIS_URL", "TOKEN_BUDGET_SECRET_KEY"):
    os.environ.pop(_name, None)

from budget_site.settings import *  # noqa: E402, F403
from budget_site.settings import BASE_DIR, STORAGES  # noqa: E402

# A word of 10 MB takes a slow machine longer than the 30 s of a server.
COMPRESSION_SECONDS = 120
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
# Our own assets alone, looked for when they are asked for. Each Django test client has
# middleware of its own, which looked at all assets: a third of a page's test.
SERVESTATIC_USE_FINDERS = False
STATIC_ROOT = BASE_DIR / "static"
