"""LangChain's chat models under OpenInference, the session in the run's metadata."""

from __future__ import annotations

import os

from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

PROVIDER, BUDGET = os.environ["PROVIDER_URL"], os.environ["BUDGET_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['BUDGET_KEY']}"}
QUESTION = [("system", "Answer in one word."), ("user", "The capital of France?")]

exporter = OTLPSpanExporter(endpoint=f"{BUDGET}/v1/traces", headers=HEADERS)
tracing = TracerProvider()
one_by_one = os.environ.get("ONE_BY_ONE")
processor = SimpleSpanProcessor if one_by_one else BatchSpanProcessor
tracing.add_span_processor(processor(exporter))
trace.set_tracer_provider(tracing)
LangChainInstrumentor().instrument(tracer_provider=tracing)

# For another address than OpenAI's it asks no usage of streams unless told to.
openai = ChatOpenAI(
    model="gpt-5", api_key="none", base_url=f"{PROVIDER}/v1", stream_usage=True
)
claude = ChatAnthropic(model="claude-sonnet-4-5", api_key="none", base_url=PROVIDER)
for model, session in ((openai, "langchain-openai"), (claude, "langchain-anthropic")):
    named = {"metadata": {"session_id": session}}
    model.invoke(QUESTION, config=named)
    for _ in model.stream(QUESTION, config=named):
        pass
tracing.shutdown()
