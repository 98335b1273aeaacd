"""pydantic-ai agents, instrumented as its own documentation says."""

from __future__ import annotations

import os

from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.trace import set_tracer_provider
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

PROVIDER, BUDGET = os.environ["PROVIDER_URL"], os.environ["BUDGET_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['BUDGET_KEY']}"}
QUESTION = "Which is the capital of France?"

exporter = OTLPSpanExporter(endpoint=f"{BUDGET}/v1/traces", headers=HEADERS)
tracing = TracerProvider()
one_by_one = os.environ.get("ONE_BY_ONE")
processor = SimpleSpanProcessor if one_by_one else BatchSpanProcessor
tracing.add_span_processor(processor(exporter))
set_tracer_provider(tracing)
Agent.instrument_all()

openai = AsyncOpenAI(api_key="none", base_url=f"{PROVIDER}/v1")
chat = OpenAIChatModel("gpt-5", provider=OpenAIProvider(openai_client=openai))
anthropic = AsyncAnthropic(api_key="none", base_url=PROVIDER)
claude = AnthropicModel(
    "claude-sonnet-4-5", provider=AnthropicProvider(anthropic_client=anthropic)
)
# The agent's own span repeats its calls' usage as a total: that is no call.
for model, session in ((chat, "pydantic-openai"), (claude, "pydantic-anthropic")):
    agent = Agent(model, instructions="Answer in one word.")
    first = agent.run_sync(QUESTION, conversation_id=session)
    agent.run_sync(
        "And of Spain?",
        message_history=first.all_messages(),
        conversation_id=session,
    )
tracing.shutdown()
