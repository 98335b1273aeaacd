"""OpenInference around OpenAI's and Anthropic's SDKs, by OpenTelemetry's exporter."""

from __future__ import annotations

import os

from anthropic import Anthropic
from openai import OpenAI
from openinference.instrumentation import using_session
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

PROVIDER, BUDGET = os.environ["PROVIDER_URL"], os.environ["BUDGET_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['BUDGET_KEY']}"}
QUESTION = [{"role": "user", "content": "Which is the capital of France?"}]

exporter = OTLPSpanExporter(endpoint=f"{BUDGET}/v1/traces", headers=HEADERS)
tracing = TracerProvider()
one_by_one = os.environ.get("ONE_BY_ONE")
processor = SimpleSpanProcessor if one_by_one else BatchSpanProcessor
tracing.add_span_processor(processor(exporter))
trace.set_tracer_provider(tracing)
OpenAIInstrumentor().instrument(tracer_provider=tracing)
AnthropicInstrumentor().instrument(tracer_provider=tracing)

openai = OpenAI(api_key="none", base_url=f"{PROVIDER}/v1")
with using_session("openinference-openai"):
    openai.chat.completions.create(model="gpt-5", messages=QUESTION)
    stream = openai.chat.completions.create(
        model="gpt-5",
        messages=QUESTION,
        stream=True,
        stream_options={"include_usage": True},
    )
    for _ in stream:
        pass

# Anthropic's SDK makes spans of its own as well: each call must count once.
anthropic = Anthropic(api_key="none", base_url=PROVIDER)
asked = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": QUESTION}
with using_session("openinference-anthropic"):
    anthropic.messages.create(**asked)
    for _ in anthropic.messages.create(**asked, stream=True):
        pass
tracing.shutdown()
