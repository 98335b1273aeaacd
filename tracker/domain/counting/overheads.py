"""What providers add around the text: frames, hidden prompts, pictures.

Each number names where it comes from. They are in the model's own tokens, so no
factor of a family applies to them.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracker.domain.counting.media_tokens import ImageRule


@dataclass(frozen=True, slots=True)
class Overheads:
    """Tokens of one request beyond its text.

    `message`, `tool_call` and `tool_result` are per piece, `reply` once per request,
    `name` for a message with a speaker's name, `tools_prompt` once if there are tools.
    `tools_as` says how definitions are written: "functions" or "json".
    """

    message: int
    reply: int
    name: int
    tool_call: int
    tool_result: int
    tools_prompt: int
    tools_as: str
    image: ImageRule


# Messages: openai-cookbook, How_to_count_tokens_with_tiktoken: 3, one for the role,
# 1 for a name, 3 for the reply; the API agreed (129 of 129, 124 of 124).
# Calls: openai/harmony's format writes start, channel, recipient, constrain, message
# and call around the arguments of a call, start, author, channel, message around a
# result.
# Tiles: the vision guide: 85 + 170 a tile of 512 pixels, long side 2,048, short 768.
OPENAI_TILES = ImageRule(
    square=512,
    max_edge=2048,
    max_short_edge=768,
    max_squares=8,
    base=85,
    per_square=170,
    low_detail=85,
)
OPENAI = Overheads(
    message=4,
    reply=3,
    name=1,
    tool_call=9,
    tool_result=5,
    tools_prompt=0,
    tools_as="functions",
    image=OPENAI_TILES,
)
# Patches of 32 pixels, 2,500 at most: the newer models (litellm 1.109's table).
OPENAI_PATCHES = ImageRule(square=32, max_edge=2048, max_squares=2500, per_square=1.2)

# Messages: ctok 1.3, checked against count_tokens: the frame of a request with one
# user message is 7 (up to 4.6), 11 (4.7) or 6 (from 4.8) tokens, a system prompt has
# none. Split here into 3 for the reply and the rest for the message.
# Calls: measured on 740 requests of recorded Claude Code sessions (Sonnet 4, Opus
# 4.5 and 4.6): a call and its result cost 78 to 83 tokens beyond their text, frames
# of two messages included; how the two share them cannot be seen from outside.
# Tools: the tool-use page's hidden prompt, 346 tokens with tool choice auto for
# Claude 3.7 to 4.5; the pages found give none for later ones.
# Images: the vision page's patches of 28 pixels, 1,568 at most (4,784 from 4.7).
CLAUDE_IMAGES = ImageRule(square=28, max_edge=1568, max_squares=1568)
CLAUDE = Overheads(
    message=4,
    reply=3,
    name=0,
    tool_call=36,
    tool_result=36,
    tools_prompt=346,
    tools_as="json",
    image=CLAUDE_IMAGES,
)
CLAUDE_LARGE_IMAGES = ImageRule(square=28, max_edge=2576, max_squares=4784)
