"""A forked process is what `python` would be over the same environment."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.loaded import python as loaded

TELL = """
import django, json, logging, sys
django.setup()
import budget_site.asgi
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import caches
from django.core.files.storage import storages
from django.db import connection
from django.templatetags.static import static
from django.urls import reverse

told = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
told["connection"] = connection.settings_dict
told["vendor"] = connection.vendor
told["layer"] = vars(get_channel_layer()).get("prefix", "")
told["cache"] = type(caches["default"]).__name__
told["storage"] = type(storages["staticfiles"]).__name__
told["level"] = logging.getLogger("tracker").level
told["logs"] = [
    handler.baseFilename for handler in logging.getLogger("tracker.judgements").handlers
]
told["page"], told["asset"] = reverse("overview"), static("tracker/x.js")
middleware, told["middleware"] = budget_site.asgi.pages._middleware_chain, []
while middleware is not None:
    found = getattr(middleware, "__self__", middleware)
    plain = (bool, int, str, type(None))
    kept = {k: v for k, v in vars(found).items() if isinstance(v, plain)}
    told["middleware"].append([type(found).__name__, kept])
    middleware = getattr(found, "get_response", None)
told["arguments"], told["name"] = sys.argv, __name__
print(json.dumps(told, default=str, sort_keys=True))
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    (folder / "data").mkdir(exist_ok=True)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "budget_site.settings",
        "PYTHONPATH": str(loaded.ROOT),
        "TOKEN_BUDGET_DATA": str(folder / "data"),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        **more,
    }


def really_run(arguments: list[str], environment: Mapping[str, str]) -> str:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=loaded.ROOT, env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def without_places(told: str) -> str:
    return re.sub(r" at 0x[0-9a-f]+>", ">", told)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {
            "DATABASE_URL": "postgresql://x@127.0.0.1:9/x",
            "REDIS_URL": "redis://127.0.0.1:9",
            "TOKEN_BUDGET_BEHIND_TLS": "1",
            "TOKEN_BUDGET_PATH_PREFIX": "/budget",
            "TOKEN_BUDGET_LOG_LEVEL": "ERROR",
            "TOKEN_BUDGET_HEAD_SECONDS": "3",
            "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
        },
    ],
)
def test_everything_made_of_the_environment_is_made_anew(
    tmp_path: Path, more: dict[str, str]
) -> None:
    given, arguments = environment(tmp_path, **more), ["-c", TELL, "a", "b"]

    forked = loaded.run(arguments, environment=given)

    assert (forked.returncode, forked.stderr) == (0, "")
    told = json.loads(without_places(forked.stdout))
    assert told == json.loads(without_places(really_run(arguments, given)))
    assert told["DATA_DIR"] == str(tmp_path / "data")
    assert len(told["middleware"]) > 10


def test_it_ends_as_python_ends(tmp_path: Path) -> None:
    given = environment(tmp_path)
    for code, status, words in (
        ("import atexit; atexit.register(print, 'last'); print('first')", 0, ""),
        ("import sys; sys.exit('no')", 1, "no"),
        ("import sys; sys.exit(7)", 7, ""),
        ("raise LookupError('nowhere')", 1, "LookupError: nowhere"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, ""),
    ):
        done = loaded.run(["-c", code], environment=given)
        assert (done.returncode, done.stderr.strip()[-len(words or "x") :]) == (
            status,
            words,
        )
        assert done.stdout == ("first\nlast\n" if "atexit" in code else "")


def test_the_command_line_and_modules_run(tmp_path: Path) -> None:
    given = environment(tmp_path)

    version = loaded.run(["manage.py", "version"], environment=given).stdout
    module = loaded.run(["-m", "uvicorn", "--version"], environment=given).stdout

    assert version == really_run(["manage.py", "version"], given)
    assert module == really_run(["-m", "uvicorn", "--version"], given)


def test_its_end_is_waited_for_and_it_can_be_killed(tmp_path: Path) -> None:
    with open(tmp_path / "log", "w+") as log:
        process = loaded.Forked(
            ["-c", "import signal; print('runs', flush=True); signal.pause()"],
            environment=environment(tmp_path),
            stdout=log,
            stderr=log,
        )
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)

        assert process.wait(60) == process.poll() == -signal.SIGKILL
        process.send_signal(signal.SIGKILL)  # whoever has its number now stays
