"""All clients whose session files are read here, and which one wrote a file."""

from __future__ import annotations

from pathlib import Path

from tracker.sources.transcripts.agents.client import Client, Record
from tracker.sources.transcripts.agents.lines.aider import AIDER
from tracker.sources.transcripts.agents.lines.copilot_cli import COPILOT_CLI
from tracker.sources.transcripts.agents.lines.gemini_cli import GEMINI_CLI
from tracker.sources.transcripts.agents.lines.gptme import GPTME
from tracker.sources.transcripts.agents.lines.kimi_code import KIMI_CODE
from tracker.sources.transcripts.agents.lines.mistral_vibe import MISTRAL_VIBE
from tracker.sources.transcripts.agents.lines.pi import OPENCLAW, PI
from tracker.sources.transcripts.agents.lines.qwen_code import QWEN_CODE
from tracker.sources.transcripts.agents.stores.cline import CLINE
from tracker.sources.transcripts.agents.stores.continue_cli import CONTINUE_CLI
from tracker.sources.transcripts.agents.stores.goose import GOOSE
from tracker.sources.transcripts.agents.stores.llm import LLM
from tracker.sources.transcripts.agents.stores.opencode import KILO_CODE, OPENCODE
from tracker.sources.transcripts.agents.stores.openhands import OPENHANDS
from tracker.sources.transcripts.agents.stores.zed import ZED
from tracker.sources.transcripts.json_lines import decode_object
from tracker.sources.transcripts.plain_file import open_plain

# In the order in which they are asked.
CLIENTS: tuple[Client, ...] = (
    GEMINI_CLI,
    QWEN_CODE,
    COPILOT_CLI,
    OPENCLAW,
    PI,
    KIMI_CODE,
    MISTRAL_VIBE,
    GPTME,
    OPENCODE,
    KILO_CODE,
    GOOSE,
    LLM,
    CLINE,
    CONTINUE_CLI,
    OPENHANDS,
    ZED,
    AIDER,
)
_LINES_LOOKED_AT = 12
_BYTES_LOOKED_AT = 1 << 20


def client_of(path: Path) -> Client | None:
    """The client that wrote the file at `path`; None if none here did.

    OSError if the file cannot be read.
    """
    name = path.absolute().as_posix()
    asked = [client for client in CLIENTS if client.may_read(name)]
    if not asked:
        return None
    records = _head(path) if name.endswith((".jsonl", ".jsonl.zst")) else []
    return next((client for client in asked if client.sniff(path, records)), None)


def may_be_a_session(name: str) -> bool:
    """Whether a file that is no `.jsonl` is worth a look."""
    return any(client.may_read(name) for client in CLIENTS)


def is_read_beside(name: str) -> bool:
    """Whether a file belongs to sessions that are read but is not a session itself."""
    return any(client.reads_beside(name) for client in CLIENTS)


def _head(path: Path) -> list[Record]:
    records: list[Record] = []
    left = _BYTES_LOOKED_AT
    with open_plain(path) as file:
        for _ in range(_LINES_LOOKED_AT):
            line = file.readline(left)
            left -= len(line)
            record = decode_object(line)
            if not line or left <= 0:
                break
            if record is not None:
                records.append(record)
    return records
