"""Log lines as JSON: one object per line, with the id of the request it belongs to.

python-json-logger is not used. It writes every attribute of a record: Django's
`request` would put a query string into the log, and an error its own text.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

# Secrets that must not reach a log: tokens of shared links, login links and keys.
_SECRET = re.compile(r"(/shared/|/login/link/|\btb_\w{5})[^/\s'\"?]+")


class JsonLines(logging.Formatter):
    """Guarantees that no error's text is written: it may quote what a client sent.

    An error is written as its type and the places in the code that it passed.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        request = request_id()
        if request:
            line["request"] = request
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            line["error"] = f"{kind.__module__}.{kind.__qualname__}"
            line["trace"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(trace)
            ]
        return json.dumps(line, ensure_ascii=False)


class WithRequest(logging.Filter):
    """Adds `request_id` to each record, for lines as plain text."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id() or "-"
        return True


class WithoutTokens(logging.Filter):
    """Cuts tokens out of the addresses in each line. Who reads the log of a request
    that failed would else be logged in by its login link, or open its shared link.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        cut = _SECRET.sub(r"\1…", said)
        if cut != said:
            record.msg, record.args = cut, ()
        return True


def request_id() -> str:
    """Of the request handled now; "" outside of one."""
    from tracker.changes.request_context import present_request

    context = present_request()
    return context.id if context is not None else ""
