from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.budget.policy import Threshold
from tracker.domain.budget.policy_check import Problem, problem_of
from tracker.domain.budget.resolution import ScopedPolicy, resolve

percent = Threshold.percent


def scoped(name: str, scope: str, **where: object) -> ScopedPolicy:
    fields = {k: where.pop(k) for k in list(where) if k not in PLACES}
    return ScopedPolicy(name, scope, fields, **where)


PLACES = ("project_id", "model_pattern", "session_id")
DEFAULT = scoped("default", "default", reserved_tokens=4_000, message_limit=20)


def check(edited: ScopedPolicy, *others: ScopedPolicy, homes: object = None):
    return problem_of(edited, others, homes=homes or {})


def test_a_policy_that_holds_has_no_problem():
    assert check(DEFAULT) is None
    assert (
        check(scoped("p", "project", project_id=1, warning=percent(70)), DEFAULT)
        is None
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"warning": percent(90)}, "warning"),
        ({"compress": percent(97)}, "compress"),
        ({"critical": percent(84)}, "critical"),
        ({"target": percent(85)}, "target"),
        ({"compress": percent(60), "warning": percent(60)}, "compress"),
        ({"reserved_tokens": 200_000}, "reserved_tokens"),
        ({"window_tokens": 4_000}, "window_tokens"),
        ({"keep_last": 18}, "keep_last"),
        ({"message_limit": 8}, "message_limit"),
    ],
)
def test_the_problem_names_the_field_the_edit_set(
    fields: dict[str, object], field: str
):
    found = check(scoped("p", "project", project_id=1, **fields), DEFAULT)

    assert found is not None and found.field == field


def test_a_less_specific_policy_that_takes_part_is_named():
    strict = scoped("strict", "project", project_id=1, compress=percent(70))

    found = check(strict, scoped("default", "default", warning=percent(75)))

    assert found == Problem(
        "compress",
        "warning (75 %) must not be above compress (70 %) at 196,000 available "
        "tokens (combined with the policy “default”)",
    )


def test_policies_that_never_meet_are_not_combined():
    one = scoped("one", "project", project_id=1, warning=percent(60))
    two = scoped(
        "two",
        "project",
        project_id=2,
        warning=percent(40),
        compress=percent(50),
        target=percent(30),
    )

    assert check(one, DEFAULT, two) is None


def test_a_default_that_breaks_a_models_policy_is_refused():
    small = scoped("small", "model", model_pattern="small-*", compress=percent(70))
    small.overrides["warning"] = percent(65)

    found = check(scoped("default", "default", target=percent(75)), small)

    assert found is not None and found.field == "target"
    assert "“small”" in found.message


def test_a_session_is_checked_where_it_lives():
    project = scoped("p", "project", project_id=7, compress=percent(70))
    project.overrides["warning"] = percent(65)
    own = scoped("own", "session", session_id=3, target=percent(72))

    assert check(own, DEFAULT, project, homes={3: (7, "m")}) is not None
    assert check(own, DEFAULT, project, homes={3: (8, "m")}) is None


def test_an_old_contradiction_of_others_is_not_blamed_on_the_edit():
    broken = scoped("broken", "model", model_pattern="b*", warning=percent(99))

    assert (
        check(scoped("p", "project", project_id=1, margin=percent(3)), broken) is None
    )


def test_a_reserve_must_fit_the_catalogues_window_of_the_model():
    edited = scoped("m", "model", model_pattern="tiny", reserved_tokens=5_000)

    found = problem_of(edited, [DEFAULT], homes={}, window_of={"tiny": 4_096}.get)

    assert found is not None and found.field == "reserved_tokens"


shares = st.integers(1, 100).map(percent)
overrides = st.dictionaries(
    st.sampled_from(["warning", "compress", "critical", "target"]), shares, max_size=4
)


@given(overrides, overrides)
def test_what_is_accepted_is_never_left_out_when_judging(
    default: dict[str, object], project: dict[str, object]
):
    base = ScopedPolicy("default", "default", default)
    edited = ScopedPolicy("p", "project", project, project_id=1)
    accepted = check(base) is None and check(edited, base) is None

    if accepted:
        assert resolve([base, edited]).problem == ""
