#!/usr/bin/env bash
# AutoGen's token-limited context forgets the middle and keeps the oldest messages.
#
# Package: autogen-core 0.7.5, `TokenLimitedChatCompletionContext`.
# Guess: over the limit the oldest messages go first, as in its BufferedChatCompletionContext.
# Seen:  of m0..m6 with room for three, m0, m1 and m6 are kept: it takes out the middle
#        one again and again. In a long chat the model sees the beginning and the last
#        line, and m5, just said, has gone before m1.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq autogen-core==0.7.5
"$work/venv/bin/python" -W ignore - <<'PY'
import asyncio

from autogen_core.model_context import TokenLimitedChatCompletionContext
from autogen_core.models import AssistantMessage, UserMessage


class Client:
    """The two counts the context asks of a model client: a token per message."""

    def count_tokens(self, messages, *, tools=()):
        return len(messages)

    def remaining_tokens(self, messages, *, tools=()):
        return 100 - len(messages)


async def kept():
    context = TokenLimitedChatCompletionContext(Client(), token_limit=3)
    for number in range(7):
        kind = AssistantMessage if number % 2 else UserMessage
        await context.add_message(kind(content=f"m{number}", source="s"))
    return [message.content for message in await context.get_messages()]


seen = asyncio.run(kept())
assert seen == ["m0", "m1", "m6"], seen
print(f"autogen-core 0.7.5: of m0 to m6 with room for three, {', '.join(seen)} are kept")
PY
