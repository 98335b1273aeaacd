"""Items of OpenAI's Responses API: which answers which."""

from __future__ import annotations

import pytest

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import ContextOptimizer
from tracker.domain.dialects.responses import answer_id_of, answers_of, call_id_of
from tracker.domain.dialects.rules import flaws_of

SHELL = {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"]}}
CALL = {**SHELL, "id": "i", "call_id": "k"}
GAVE = {"type": "local_shell_call_output", "output": "app.py"}


def test_a_local_shells_output_may_name_its_call_in_every_way():
    assert answer_id_of({**GAVE, "id": "k"}) == "k"
    assert answer_id_of({**GAVE, "id": "o", "call_id": "k"}) == "k"
    assert answer_id_of({"type": "function_call_output", "id": "o"}) == ""
    assert answer_id_of(CALL) is None
    assert call_id_of({**SHELL, "id": "i"}) == "i"


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (CALL, {"call_id": "k"}),
        (CALL, {"id": "o", "call_id": "k"}),
        (CALL, {"id": "k"}),
        (CALL, {"id": "i"}),
        ({**SHELL, "id": "i"}, {"id": "i"}),
    ],
)
def test_a_local_shells_call_and_its_output_go_or_stay_together(call, names):
    talk = [
        {"role": ("user", "assistant")[n % 2], "content": f"{n}"} for n in range(28)
    ]
    output = {**GAVE, **names}
    assert answers_of([call, output]) == [None, call.get("call_id", "i")]
    for place in (1, 14, 23, 27):
        items = [*talk[:place], call, output, *talk[place:]]
        assert flaws_of("openai_responses", items) == ()
        answer = ContextOptimizer(BudgetPolicy()).optimize_messages(
            "shell", items, force=True
        )
        assert answer.compressed
        assert (call in answer.messages) == (output in answer.messages)


def test_an_output_that_names_another_call_answers_none_of_ours():
    found = flaws_of("openai_responses", [CALL, {**GAVE, "id": "x"}])
    assert {flaw.code for flaw in found} == {"orphaned_call", "orphaned_result"}
