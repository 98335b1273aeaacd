"""Langfuse's drop-in for OpenAI's SDK, sending to this server instead of theirs."""

from __future__ import annotations

import os

PROVIDER, BUDGET = os.environ["PROVIDER_URL"], os.environ["BUDGET_URL"]
# The way a user would set it: Langfuse's own variables, the API key as its secret.
os.environ |= {
    "LANGFUSE_HOST": BUDGET,
    "LANGFUSE_PUBLIC_KEY": "token-budget",
    "LANGFUSE_SECRET_KEY": os.environ["BUDGET_KEY"],
}

from langfuse import get_client, propagate_attributes  # noqa: E402  # reads the environment
from langfuse.openai import OpenAI  # noqa: E402  # reads the environment

QUESTION = [{"role": "user", "content": "Which is the capital of France?"}]

openai = OpenAI(api_key="none", base_url=f"{PROVIDER}/v1")
with propagate_attributes(session_id="langfuse-chat"):
    openai.chat.completions.create(model="gpt-5", messages=QUESTION)
    stream = openai.chat.completions.create(
        model="gpt-5",
        messages=QUESTION,
        stream=True,
        stream_options={"include_usage": True},
    )
    for _ in stream:
        pass
get_client().flush()
get_client().shutdown()
