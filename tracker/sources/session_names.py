"""Under which attribute each program says what conversation a call belongs to.

The one table of it: `docs/counting.md` shows the same names, and a test compares them.
"""

from __future__ import annotations

# The first that holds an id wins. Text that JSON wrote (in quotes) is unquoted.
SESSION = (
    "gen_ai.conversation.id",  # OTel's convention, Google ADK, Copilot, Qwen Code
    "session.id",  # OTel, OpenInference, strands, Claude Code
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.chat_id",
    "traceloop.association.properties.conversation_id",
    "traceloop.association.properties.thread_id",
    "conversation.id",  # Codex
    "ai.telemetry.metadata.sessionId",  # AI SDK: the caller chooses the key
    "ai.telemetry.metadata.session_id",
    "ai.telemetry.metadata.conversationId",
    "ai.telemetry.metadata.conversation_id",
    "ai.telemetry.metadata.chatId",
    "ai.telemetry.metadata.chat_id",
    "ai.telemetry.metadata.threadId",
    "ai.telemetry.metadata.thread_id",
    "gcp.vertex.agent.session_id",  # Google ADK
    "langsmith.metadata.session_id",  # `langsmith.trace.session_name` is a project
    "langsmith.metadata.thread_id",
    "langsmith.metadata.conversation_id",
    "langfuse.observation.metadata.langfuse_session_id",  # its LangChain handler
    "langfuse.trace.metadata.langfuse_session_id",
    "langfuse.observation.metadata.session_id",
    "langfuse.observation.metadata.thread_id",
    "mlflow.trace.session",
    "gen_ai.thread.id",  # Azure AI agents
    "session_id",
    "conversation_id",
    "group_id",  # Logfire, OpenAI's Agents SDK
)
# Attributes that hold a JSON object, and the names of the id inside it.
METADATA = ("metadata",)  # OpenInference
METADATA_KEYS = (
    "session_id",
    "sessionId",
    "thread_id",
    "threadId",
    "conversation_id",
    "conversationId",
    "langfuse_session_id",
)
