"""LiteLLM with its generic API logger."""

from __future__ import annotations

import asyncio
import os

PROVIDER, BUDGET = os.environ["PROVIDER_URL"], os.environ["BUDGET_URL"]
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else fetched from the network

import litellm  # noqa: E402  # reads the environment
from litellm.integrations.generic_api.generic_api_callback import (  # noqa: E402  # reads the environment
    GenericAPILogger,
)

QUESTION = [{"role": "user", "content": "Which is the capital of France?"}]


async def main() -> None:
    # Flushed once, below: LiteLLM's timer (5 s) empties the queue that is counted
    # here, and drops what is logged while it sends.
    logger = GenericAPILogger(
        endpoint=f"{BUDGET}/api/v1/sources/litellm",
        headers={"Authorization": f"Bearer {os.environ['BUDGET_KEY']}"},
        flush_interval=3600,
    )
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.callbacks = [logger]
    named = {"litellm_session_id": "litellm-chat", "messages": QUESTION}
    openai = {"api_base": f"{PROVIDER}/v1", "api_key": "none", "model": "openai/gpt-5"}
    claude = {
        "api_base": PROVIDER,
        "api_key": "none",
        "model": "anthropic/claude-sonnet-4-5",
    }
    await litellm.acompletion(**openai, **named)
    await litellm.acompletion(**claude, **named)
    stream = await litellm.acompletion(
        **claude, **named, stream=True, stream_options={"include_usage": True}
    )
    async for _ in stream:
        pass
    for _ in range(300):  # payloads are queued by a worker, after the call returned
        if len(logger.log_queue) == 3:
            break
        await asyncio.sleep(0.1)
    else:
        raise SystemExit(f"LiteLLM logged {len(logger.log_queue)} of 3 calls")
    await logger.flush_queue()


asyncio.run(main())
