"""What a session of Claude Code is called."""

from __future__ import annotations

from tests.sources.transcripts.builder import assistant, read, tool_result, user


def test_the_title_is_the_first_prompt_somebody_typed(tmp_path):
    news = read(
        tmp_path,
        user("<command-name>/init</command-name>"),
        user("Caveat: The messages below were generated"),
        user("You are meta", isMeta=True),
        tool_result("call_1", "a result"),
        user([{"type": "text", "text": "<ide_opened_file>x</ide_opened_file>"}]),
        user([{"type": "text", "text": "Mend  the\n\nfence, please"}]),
        assistant(1, 5_000),
        user("And now the gate"),
    )

    assert news.sessions == {"session-1": "Mend the fence, please"}
    assert news.samples[0].title == "Mend the fence, please"


def test_a_summary_names_its_session_only_after_its_messages(tmp_path):
    older = {"type": "summary", "summary": "Of another session", "leafUuid": "gone"}
    own = {"type": "summary", "summary": "Fence mended", "leafUuid": "uuid-1"}

    before = read(tmp_path, older, user("Mend the fence"), assistant(1, 5_000))
    after = read(tmp_path, older, user("Mend the fence"), assistant(1, 5_000), own)

    assert before.sessions == {"session-1": "Mend the fence"}
    assert after.samples[0].title == "Fence mended"


def test_a_title_somebody_gave_beats_one_the_client_made(tmp_path):
    news = read(
        tmp_path,
        user("Mend the fence"),
        {"type": "custom-title", "customTitle": "Garden", "sessionId": "session-1"},
        {"type": "ai-title", "aiTitle": "Fence repair", "sessionId": "session-1"},
        assistant(1, 5_000),
    )

    assert news.samples[0].title == "Garden"
