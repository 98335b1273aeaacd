"""The form by which a policy is edited, in the admin and on its page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model

from tracker.changes.seen_form import SeenForm
from tracker.domain.budget.policy import STOPS, PolicyError
from tracker.domain.budget.policy_check import problem_of
from tracker.domain.providers.catalogue import window_of
from tracker.models import LLMSession, Policy
from tracker.models.settings.policies import NUMBERS, TEXTS, THRESHOLDS
from tracker.reading.tokenizers import counting_choices
from tracker.summarisers.registry import summariser_choices

SCOPE_FIELDS = ("project", "model_pattern", "session")
LABELS = {
    "model_pattern": "Model",
    "window_tokens": "Window",
    "reserved_tokens": "Reserve",
    "warning_percent": "Warning",
    "compress_percent": "Compress",
    "critical_percent": "Critical",
    "target_percent": "Target",
    "margin_percent": "Margin",
    "min_reclaim_percent": "Minimum to free (% of used)",
    "warning_tokens": "Warning, tokens",
    "compress_tokens": "Compress, tokens",
    "critical_tokens": "Critical, tokens",
    "target_tokens": "Target, tokens",
    "margin_tokens": "Margin, tokens",
    "min_reclaim_tokens": "Minimum to free (tokens)",
    "message_limit": "Message limit",
    "keep_first": "Keep first",
    "keep_last": "Keep last",
    "cooldown_seconds": "Cooldown",
    "mode": "Mode",
    "gateway_message_limit": "Gateway: limit messages of",
    "gateway_wait_seconds": "Gateway: added wait at most",
    "gateway_cold_share": "Gateway: with a cold cache from",
    "gateway_control_share": "Gateway: leave uncompressed",
    "gateway_session_tokens": "Gateway: stop a session at (tokens)",
    "gateway_session_dollars": "Gateway: stop a session at (US dollars)",
    "gateway_month_dollars": "Gateway: stop a project's month at (US dollars)",
    "counting": "Counting",
    "summariser": "Summariser",
}
# Columns a form shows: a minimum to free is one of tokens AND one of percent.
FIELDS = (
    "name",
    *SCOPE_FIELDS,
    "window_tokens",
    "reserved_tokens",
    *(f"{t}_{unit}" for t in THRESHOLDS for unit in ("percent", "tokens")),
    "message_limit",
    "keep_first",
    "keep_last",
    "cooldown_seconds",
    "gateway_wait_seconds",
    "gateway_cold_share",
    "gateway_control_share",
    *STOPS,
    *TEXTS,
)


class PolicyForm(SeenForm):
    """Guarantees that a saved policy does not contradict itself; each error is at the
    field to change.
    """

    class Meta:
        model = Policy
        fields = FIELDS
        labels = LABELS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "counting" in self.fields:
            self.fields["counting"] = forms.ChoiceField(
                label=LABELS["counting"],
                required=False,
                choices=counting_choices(self.instance.counting),
                help_text="Add your own tokenizers with TOKEN_BUDGET_TOKENIZERS.",
            )
        if "summariser" in self.fields:
            self.fields["summariser"] = forms.ChoiceField(
                label=LABELS["summariser"],
                required=False,
                choices=summariser_choices(self.instance.summariser),
                help_text="Add your own summarisers with TOKEN_BUDGET_SUMMARISERS.",
            )
        for name in self.fields:
            shown = self.initial.get(name)
            if name.endswith("_percent") and shown is not None:
                self.initial[name] = f"{shown.normalize():f}"  # 80, not 80.00

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in THRESHOLDS:
            if name != "min_reclaim" and (
                values.get(f"{name}_percent") is not None
                and values.get(f"{name}_tokens") is not None
            ):
                self.add_error(
                    f"{name}_tokens", "Set a percentage or tokens, not both."
                )
        for name, value in list(values.items()):
            if name.endswith(("_percent", "_tokens")) and value is not None:
                if value < 0:
                    self.add_error(name, "This cannot be negative.")
                elif name.endswith("_percent") and value > 100:
                    self.add_error(name, "This cannot be above 100 %.")
        return values

    def state_of(self, row: Model) -> str:
        """When it was saved, as `save_policy` compares it once more."""
        assert isinstance(row, Policy)
        return row.updated_at.isoformat()

    def _get_validation_exclusions(self) -> set[str]:
        """Leaves the model's own check of the scope out: Django would compare each
        row's foreign keys with themselves and find every scope taken.
        """
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's own, untyped
        return excluded | {"project_id"}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own, untyped
        if set(SCOPE_FIELDS) <= self.fields.keys():
            self._refuse_taken_scope()
        if not self.errors:
            for field, message in policy_problems(self.instance):
                self.add_error(field if field in self.fields else None, message)

    def _refuse_taken_scope(self) -> None:
        policy = self.instance
        found = Policy.objects.exclude(pk=policy.pk).filter(
            project=policy.project,
            model_pattern=policy.model_pattern,
            session=policy.session,
        )
        if taken := found.first():
            self.add_error(None, f"The policy {taken} already has this scope.")


def policy_problems(policy: Policy) -> list[tuple[str, str]]:
    """(form field, what contradicts what) of a policy about to be saved."""
    found = _scope_problems(policy) or _missing(policy)
    if found:
        return found
    others = list(Policy.objects.exclude(pk=policy.pk))
    sessions = {p.session_id for p in (*others, policy) if p.session_id}
    rows = LLMSession.objects.filter(pk__in=sessions)
    homes = {pk: (pr, m) for pk, pr, m in rows.values_list("pk", "project_id", "model")}
    try:
        scoped = policy.as_scoped()
    except (PolicyError, ValueError) as error:
        return [("name", str(error))]
    problem = problem_of(
        scoped, [p.as_scoped() for p in others], homes=homes, window_of=window_of
    )
    return [(_form_field(policy, problem.field), problem.message)] if problem else []


def _scope_problems(policy: Policy) -> list[tuple[str, str]]:
    was = Policy.objects.filter(pk=policy.pk).first() if policy.pk else None
    if was is not None and was.scope == "default" and policy.scope != "default":
        return [("model_pattern", "The default policy applies to everything.")]
    if policy.session_id and (policy.model_pattern or policy.project_id):
        return [("session", "A session's policy needs neither a project nor a model.")]
    return []


def _missing(policy: Policy) -> list[tuple[str, str]]:
    """The default policy has nothing less specific to fall back to."""
    if policy.scope != "default":
        return []
    said = policy.overrides()
    return [
        (_form_field(policy, name), "The default policy must set this field.")
        for name in (*THRESHOLDS, *NUMBERS, *TEXTS)
        if name not in said
    ]


def _form_field(policy: Policy, name: str) -> str:
    if name not in THRESHOLDS:
        return name
    if name != "min_reclaim" and getattr(policy, f"{name}_tokens") is not None:
        return f"{name}_tokens"
    return f"{name}_percent"


def refuse_default(policy: Policy) -> None:
    """Raises ValidationError: the default policy stays."""
    if policy.scope == "default":
        raise ValidationError("The default policy cannot be deleted.")
