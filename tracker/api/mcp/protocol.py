"""The protocol's own part, by its SDK. Imported at the first request to /mcp."""

from __future__ import annotations

import logging
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import CallToolResult, TextContent
from mcp.types import Tool as ListedTool
from msgspec.json import encode

from tracker import __version__
from tracker.api.endpoint import as_api_error
from tracker.api.errors import ApiError
from tracker.api.intake.http import Scope
from tracker.api.intake.threads import in_store_thread
from tracker.api.keys.keyring import KeyGrant
from tracker.api.mcp.tools import TOOLS
from tracker.workers.callers import Caller, on_behalf_of

_tools = {tool.name: tool for tool in TOOLS}
_listed = [
    ListedTool(name=tool.name, description=tool.description, inputSchema=tool.schema)
    for tool in TOOLS
]
logger = logging.getLogger(__name__)
# It says of each request that a session begins and ends.
logging.getLogger("mcp").setLevel(logging.WARNING)


async def answer(scope: Scope, receive: Any, send: Any, grant: KeyGrant) -> None:
    """One request, on behalf of the key that came with it."""
    manager = StreamableHTTPSessionManager(
        _server(grant), json_response=True, stateless=True
    )
    async with manager.run():
        await manager.handle_request(scope, receive, send)


def _server(grant: KeyGrant) -> Server[Any, Any]:
    server: Server[Any, Any] = Server("token-budget", version=__version__)

    async def listed() -> list[ListedTool]:
        return _listed

    async def called(name: str, arguments: dict[str, Any]) -> CallToolResult:
        try:
            found = await in_store_thread(_ask, grant, name, arguments)
        except ApiError as error:
            about = f"{error.field}: " if error.field else ""
            return _told(about + error.message, is_error=True)
        return _told(encode(found).decode())

    # The SDK gives this method no types.
    server.list_tools()(listed)  # type: ignore[no-untyped-call]
    server.call_tool()(called)
    return server


def _ask(grant: KeyGrant, name: str, arguments: dict[str, Any]) -> Any:
    """Raises ApiError for everything that has no answer."""
    if name not in _tools:
        raise ApiError(404, "not_found", f"there is no tool {name!r}")
    for field, given in arguments.items():
        if isinstance(given, str) and "\0" in given:  # PostgreSQL would refuse it
            text = "must not contain NUL characters"
            raise ApiError(422, "invalid", text, field=field)
    try:
        with on_behalf_of(Caller(grant.project_id, grant.key_id)):
            return _tools[name].answer(grant, **arguments)
    except Exception as error:  # an agent's call must not end in a traceback
        raise _as_answer(name, error) from error


def _as_answer(name: str, error: Exception) -> ApiError:
    try:
        return as_api_error(error)
    except Exception:
        # The error's text may quote data that the caller must not see.
        logger.exception("The tool %s failed", name)
        return ApiError(500, "failed", "the server failed")


def _told(text: str, *, is_error: bool = False) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=text)], isError=is_error
    )
