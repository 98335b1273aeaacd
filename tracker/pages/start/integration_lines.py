"""The sources, and the lines to paste for each. ADDRESS is the server's address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """`origins` are those of sessions, `sources` those of SourceActivity, by which
    it is seen whether something has arrived.
    """

    slug: str
    name: str
    what: str
    lines: tuple[tuple[str, str], ...]
    origins: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    arrives_as: str = ""  # where its reports are counted, when not here


OTLP_ENVIRONMENT = """\
export OTEL_EXPORTER_OTLP_ENDPOINT=ADDRESS
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer tb_…\""""

WRAP = "token-budget wrap --url ADDRESS --key tb_… "

WAYS = (
    Way(
        slug="gateway",
        name="The gateway",
        what="A program's model calls go through this server to their provider. Each "
        "is measured, and a conversation that fills its window is compressed; the "
        "program does not notice. The key needs the scope gateway. token-budget "
        "comes with the Python client; on the server it is .venv/bin/token-budget.",
        lines=(
            ("Key", "manage.py api_key create gateway --scope gateway"),
            ("Claude Code", f"{WRAP}claude"),
            ("Codex", f"{WRAP}codex"),
            ("opencode, Gemini CLI, Qwen Code, aider", f"{WRAP}opencode"),
            (
                "Any program with a configurable base URL",
                "export ANTHROPIC_BASE_URL=ADDRESS/gateway/tb_…/anthropic\n"
                "export OPENAI_BASE_URL=ADDRESS/gateway/tb_…/openai/v1",
            ),
        ),
        origins=("gateway",),
    ),
    Way(
        slug="rest",
        name="REST",
        what="One call per LLM request, with the provider's usage object unchanged.",
        lines=(
            (
                "curl",
                "curl ADDRESS/api/v1/usage -H 'Authorization: Bearer tb_…' \\\n"
                '  -d \'{"session": "chat-42", "model": "gpt-5",'
                ' "usage": {"prompt_tokens": 72340}}\'',
            ),
        ),
        origins=("api", "optimize"),
    ),
    Way(
        slug="python",
        name="Python client",
        what="Reports every call of an Anthropic or OpenAI client, streams included. "
        "It works in the background and never raises in your program.",
        lines=(
            (
                "Python",
                "import anthropic\nfrom tracker.client import BudgetClient\n\n"
                'budget = BudgetClient("ADDRESS", "tb_…", session="chat-42")\n'
                "client = budget.wrap(anthropic.Anthropic())",
            ),
        ),
        arrives_as="REST",
    ),
    Way(
        slug="claude-code",
        name="Claude Code",
        what="Three ways, also together: import transcripts while they are written; "
        "show the gauge in the terminal's status line and report it; or receive Claude "
        "Code's own OpenTelemetry events. The command token-budget comes with the "
        "Python client; on the server it is .venv/bin/token-budget.",
        lines=(
            ("Transcripts", "make run TRANSCRIPTS=~/.claude/projects"),
            (
                "Status line and compaction hook",
                "token-budget install claude-code --url ADDRESS --key tb_… --write",
            ),
            (
                "OpenTelemetry",
                "export CLAUDE_CODE_ENABLE_TELEMETRY=1\n"
                "export OTEL_LOGS_EXPORTER=otlp\n" + OTLP_ENVIRONMENT,
            ),
        ),
        origins=("claude_code",),
    ),
    Way(
        slug="codex",
        name="Codex",
        what="Codex session files (rollouts) are imported the same way.",
        lines=(("Folder", "manage.py import_transcripts ~/.codex/sessions --watch"),),
        origins=("codex",),
    ),
    Way(
        slug="otlp",
        name="OpenTelemetry",
        what="OTLP over HTTP, protobuf or JSON: OpenTelemetry GenAI, OpenInference, "
        "Traceloop, Logfire, Langfuse, OpenLIT, pydantic-ai.",
        lines=(("Environment", OTLP_ENVIRONMENT),),
        origins=("otlp",),
        sources=("otlp_traces", "otlp_logs", "otlp_metrics"),
    ),
    Way(
        slug="langfuse",
        name="Langfuse SDK",
        what="The Langfuse SDK's own endpoint is supported.",
        lines=(
            (
                "Environment",
                "export LANGFUSE_HOST=ADDRESS\nexport LANGFUSE_PUBLIC_KEY=any\n"
                "export LANGFUSE_SECRET_KEY=tb_…",
            ),
        ),
        arrives_as="OpenTelemetry",
    ),
    Way(
        slug="litellm",
        name="LiteLLM",
        what="The generic API logger of LiteLLM's proxy or library.",
        lines=(
            (
                "Proxy",
                'litellm_settings:\n  callbacks: ["generic_api"]\n\n'
                "# environment\n"
                "GENERIC_LOGGER_ENDPOINT=ADDRESS/api/v1/sources/litellm\n"
                'GENERIC_LOGGER_HEADERS="Authorization=Bearer tb_…"',
            ),
        ),
        origins=("litellm",),
        sources=("litellm",),
    ),
    Way(
        slug="langchain",
        name="LangChain",
        what="A callback handler that reports each model call.",
        lines=(
            (
                "Python",
                "from tracker.client import BudgetClient\n"
                "from tracker.client.langchain import callback_handler\n\n"
                'budget = BudgetClient("ADDRESS", "tb_…")\n'
                'handler = callback_handler(budget, session="chat-42")\n'
                'chain.invoke(question, config={"callbacks": [handler]})',
            ),
        ),
        arrives_as="REST",
    ),
)
