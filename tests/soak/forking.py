"""Loads the product once; each line on stdin then forks a process that runs it.

    serve PORT | run COMMAND…   →   the process's id, at once
    wait ID                     →   its exit status, when it has ended

Loading takes most of a start (1.5 to 3 s of processor). A forked server is the same
code in a process of its own: it opens its database itself, and SIGKILL leaves it no
word.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module

LATER = (  # what a server loads at its first request
    "budget_site.urls",
    "django.contrib.messages.storage.fallback",
    "django.db.models.sql.compiler",
    "tracker.upkeep.verifying",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_impl",
)


def main() -> None:
    import budget_site.asgi

    for name in LATER:
        import_module(name)
    assert budget_site.asgi.application
    assert threading.active_count() == 1, "a thread would be missing in the fork"
    print("ready", flush=True)
    for line in sys.stdin:
        what, *words = line.split()
        if what == "wait":
            _, status = os.waitpid(int(words[0]), 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        elif child := os.fork():
            print(child, flush=True)
        else:
            _child(what, words)


def _child(what: str, words: list[str]) -> None:
    status = 1
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(2, 1)  # the log; stdout is the caller's line
        (_serve if what == "serve" else _run)(words)
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - the forked process must end here
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _serve(words: list[str]) -> None:
    import uvicorn

    uvicorn.run(
        "budget_site.asgi:application",
        port=int(words[0]),
        log_level="warning",
        lifespan="on",
    )


def _run(words: list[str]) -> None:
    from django.core.management import call_command

    call_command(*words)


if __name__ == "__main__":
    main()
