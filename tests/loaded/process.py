"""Loads the product once; each request on its socket forks a process that runs it.

Loading takes most of a start: 1.3 s of processor, and a fork 0.1 s. What is forked is
the same code in a process of its own: it reads its settings from its own environment,
makes its application anew, opens its database itself and ends as Python ends.

A request is one packet of JSON. `{"arguments": ["manage.py", "up"], "environment": {},
"folder": "/"}`, with three files for stdin, stdout and stderr, is answered by the
process's id; `{"ended": 77}`, of one that has ended, by its exit status as
`subprocess` says it.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

REQUEST_BYTES = 150_000
LATER = (  # what a server or a command loads when it first needs it
    "aiohttp",
    "budget_site.sqlite.base",
    "budget_site.urls",
    "django.contrib.messages.storage.fallback",
    "django.contrib.sessions.backends.db",
    "django.core.management.commands.migrate",
    "django.core.management.commands.shell",
    "django.db.models.sql.compiler",
    "psycopg_pool",
    "tracker.gateway.app",
    "tracker.management.commands.api_key",
    "tracker.management.commands.up",
    "tracker.upkeep.verifying",
    "uvicorn.__main__",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_impl",
    "uvloop",
)
# Made anew in each process: they hold what its environment says.
OF_ENVIRONMENT = ("budget_site.settings", "budget_site.asgi")


def main(control: int) -> Callable[[], None]:
    """What the forked process is to do, once this returns in it."""
    from budget_site import memory

    memory.search_less()
    with warnings.catch_warnings(action="ignore"):
        for name in (*OF_ENVIRONMENT, *LATER):
            import_module(name)
    memory.settle()
    assert threading.active_count() == 1, "a thread would be missing in the fork"
    with socket.socket(fileno=control) as asked:
        asked.send(b"{}")
        while True:
            packet, files, _, _ = socket.recv_fds(asked, REQUEST_BYTES, 3)
            if not packet:
                sys.exit()  # whoever asked has ended
            request = json.loads(packet)
            if ended := request.get("ended"):
                _, status = os.waitpid(ended, 0)
                asked.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
            elif child := os.fork():
                for file in files:
                    os.close(file)
                asked.send(json.dumps(child).encode())
            else:
                break
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    return lambda: run(**request)


def end() -> None:
    """As Python ends, but for taking its modules apart: that is 0.1 s of processor."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as Python does
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def run(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """As `python *arguments` over this environment, in this folder."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    forget_settings()
    try:
        run_main(arguments)
    except SystemExit as ends:
        if ends.code:
            raise
    end()


def run_main(arguments: list[str]) -> None:
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


def forget_settings() -> None:
    """All that was made of the environment of the process that loaded the product."""
    from asgiref.local import Local
    from channels.layers import channel_layers
    from django.conf import settings
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.cache import caches
    from django.core.files.storage import storages
    from django.db import connections
    from django.utils.functional import empty

    for name in OF_ENVIRONMENT:
        package, _, module = name.rpartition(".")
        del sys.modules[name]
        delattr(sys.modules[package], module)
    settings._wrapped = empty
    handlers: tuple[Any, ...] = (connections, caches)
    for handler in handlers:
        handler.__dict__.pop("settings", None)
        handler._settings = None
        handler._connections = Local(handler.thread_critical)
    storages.__dict__.pop("backends", None)
    storages._backends = None
    storages._storages.clear()
    staticfiles_storage._wrapped = empty
    channel_layers.backends.clear()


if __name__ == "__main__":
    main(int(sys.argv[1]))()
