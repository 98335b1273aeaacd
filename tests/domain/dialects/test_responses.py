"""Items of OpenAI's Responses API: which answers which."""

from __future__ import annotations

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import ContextOptimizer
from tracker.domain.dialects.responses import answer_id_of


def test_a_local_shells_output_names_its_call_by_id():
    assert answer_id_of({"type": "local_shell_call_output", "id": "k"}) == "k"
    both = {"type": "local_shell_call_output", "id": "o", "call_id": "k"}
    assert answer_id_of(both) == "k"
    assert answer_id_of({"type": "function_call_output", "id": "o"}) == ""
    assert answer_id_of({"type": "local_shell_call", "id": "k"}) is None


def test_a_local_shells_call_and_its_output_go_or_stay_together():
    talk = [
        {"role": ("user", "assistant")[n % 2], "content": f"{n}"} for n in range(28)
    ]
    action = {"type": "exec", "command": ["ls"]}
    call = {"type": "local_shell_call", "id": "i", "call_id": "k", "action": action}
    output = {"type": "local_shell_call_output", "id": "k", "output": "app.py"}
    for place in (1, 14, 23, 27):
        items = [*talk[:place], call, output, *talk[place:]]
        answer = ContextOptimizer(BudgetPolicy()).optimize_messages(
            "shell", items, force=True
        )
        assert answer.compressed
        assert (call in answer.messages) == (output in answer.messages)
