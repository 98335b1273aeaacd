#!/usr/bin/env bash
# Semantic Kernel's truncation keeps the first message of instructions and drops the second.
#
# Package: semantic-kernel 1.45.0. A system message, a developer message and ten turns;
# ChatHistoryTruncationReducer with `target_count=4`.
# Guess: both messages of instructions stay, as both roles are spared where turns are cut.
# Seen:  the one that stands first, whichever it is; the other goes with the old turns.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq semantic-kernel==1.45.0
PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import asyncio

from semantic_kernel.contents import ChatHistoryTruncationReducer


def kept(*instructions):
    """The roles that stay of these instructions and ten turns, and the last words."""
    history = ChatHistoryTruncationReducer(target_count=4)
    add = {"system": history.add_system_message, "developer": history.add_developer_message}
    for role in instructions:
        add[role](f"Instructions of the {role}.")
    for turn in range(10):
        history.add_user_message(f"ask {turn}")
        history.add_assistant_message(f"answer {turn}")
    asyncio.run(history.reduce())
    return [message.role.value for message in history.messages], history.messages[-1].content


turns = ["assistant", "user", "assistant"]
seen = kept("system", "developer"), kept("developer", "system")
assert seen == (
    (["system", *turns], "answer 9"),
    (["developer", *turns], "answer 9"),
), seen
print(
    "semantic-kernel 1.45.0: of a system and a developer message the first one stays",
    "when the history is cut, the second goes with the old turns",
)
PY
