"""Clients that may send a model call's messages without its tokens, and the cure.

Known by their instrumentation scope. Most of them stream, and OpenAI's Chat tells a
stream's usage only if it is asked; the others read no usage from the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

_STREAMS = 'stream_options={"include_usage": True}'
_SDK_BESIDE = "instrument the provider's SDK beside it"


@dataclass(frozen=True, slots=True)
class SilentClient:
    """`scopes` are scope names or their beginnings; `cure` is a setting, or what to
    add. `slug` goes into the counts of what was ignored.
    """

    slug: str
    name: str
    scopes: tuple[str, ...]
    cure: str

    @property
    def sentence(self) -> str:
        """What its state is, for a person."""
        return f"{self.name} sends messages, says nothing of tokens. Cure: {self.cure}"


SILENT_CLIENTS = (
    SilentClient(
        "openai-agents",
        "OpenAI Agents SDK",
        (
            "openinference.instrumentation.openai_agents",
            "opentelemetry.instrumentation.openai_agents",
            "opentelemetry.instrumentation.genai.openai_agents",
        ),
        "ModelSettings(include_usage=True)",
    ),
    SilentClient(
        "langchain",
        "LangChain",
        (
            "openinference.instrumentation.langchain",
            "opentelemetry.instrumentation.langchain",
            "opentelemetry.instrumentation.genai.langchain",
            "@arizeai/openinference-instrumentation-langchain",
            "langsmith",
        ),
        "ChatOpenAI(stream_usage=True)",
    ),
    SilentClient(
        "llama-index",
        "LlamaIndex",
        (
            "openinference.instrumentation.llama_index",
            "opentelemetry.instrumentation.llamaindex",
            "llamaindex",
        ),
        f"OpenAI(additional_kwargs=dict({_STREAMS})), or {_SDK_BESIDE}",
    ),
    SilentClient(
        "haystack",
        "Haystack",
        ("openinference.instrumentation.haystack", "haystack"),
        f"OpenAIChatGenerator(generation_kwargs=dict({_STREAMS}))",
    ),
    SilentClient(
        "dspy",
        "DSPy",
        ("openinference.instrumentation.dspy",),
        "add openinference-instrumentation-litellm, which DSPy calls through",
    ),
    SilentClient(
        "crewai",
        "CrewAI",
        ("openinference.instrumentation.crewai", "crewai"),
        _SDK_BESIDE,
    ),
    SilentClient(
        "mlflow",
        "MLflow (streams of Anthropic)",
        ("mlflow",),
        _SDK_BESIDE,
    ),
    SilentClient(
        "groq",
        "Groq SDK (streams)",
        ("openinference.instrumentation.groq",),
        "opentelemetry-instrumentation-groq, which reads streams, in its place",
    ),
    SilentClient(
        "openai",
        "OpenAI SDK (streams of chat completions)",
        (
            "openinference.instrumentation.openai",
            "opentelemetry.instrumentation.openai",
            "opentelemetry.instrumentation.openai_v2",
            "opentelemetry.instrumentation.genai.openai",
        ),
        _STREAMS,
    ),
    SilentClient(
        "openai-node",
        "OpenAI SDK for Node (streams, with include_usage too)",
        (
            "@arizeai/openinference-instrumentation-openai",
            "@traceloop/instrumentation-openai",
        ),
        "@langfuse/openai, which reads a stream's usage, in its place",
    ),
    SilentClient(
        "ai-sdk",
        "AI SDK (streams of OpenAI-compatible providers)",
        ("gen_ai",),
        "createOpenAICompatible({includeUsage: true})",
    ),
)


def silent_client(scope: str) -> SilentClient | None:
    """The client that reports under this scope, or under one that begins with its
    name and a dot; None for an unknown one.
    """
    return next((c for c in SILENT_CLIENTS if _is_of(scope.lower(), c)), None)


def _is_of(scope: str, client: SilentClient) -> bool:
    return any(scope == one or scope.startswith(f"{one}.") for one in client.scopes)
