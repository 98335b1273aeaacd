"""A form that knows which state of its row a person had before their eyes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import connection
from django.db.models import Model, Q
from django.utils.crypto import salted_hmac

from tracker.models import AuditEntry


class SeenField(forms.CharField):
    """Hidden, and never a change by itself."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def has_changed(self, _initial: Any, _data: Any) -> bool:
        return False


class SeenForm(forms.ModelForm):  # type: ignore[type-arg]  # no arguments at run time
    """Guarantees that of two people who open one row the second to save undoes nothing:
    where its values changed since the form was opened, the save is refused with what
    the other one did. A request without `seen` is not checked.
    """

    seen = SeenField()
    is_conflict = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.state_of(self.instance)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        seen = values.get("seen")
        if seen and self.instance.pk and seen != self.state_of(self._stored()):
            self.is_conflict = True
            self.add_error(None, conflict_message(self.instance))
        return values

    def state_of(self, row: Model) -> str:
        """The same for the same values of the form's fields. Keyed: it tells nobody
        what a secret field holds.
        """
        fields = [f for f in row._meta.concrete_fields if f.name in self.fields]
        values = [(field.name, field.value_from_object(row)) for field in fields]
        keyed = salted_hmac(__name__, repr(values), algorithm="sha256")
        return keyed.hexdigest()

    def _stored(self) -> Model:
        """As it is now. In a transaction it stays so until the save."""
        rows = type(self.instance)._base_manager.filter(pk=self.instance.pk)
        if connection.in_atomic_block:
            rows = rows.select_for_update()
        found: Model | None = rows.first()
        return found or self.instance


def conflict_message(row: Model) -> str:
    """Who saved the row last, and what they changed."""
    kind = str(row._meta.verbose_name)
    told = f"Someone else saved this {kind} in the meantime."
    project: Any = row if kind == "project" else getattr(row, "project", None)
    changes = AuditEntry.objects.filter(
        Q(action__endswith="_changed") | Q(action="upstream_set"),
        target__in=(str(row), f"{kind} {row}"),
        # Two projects may have used one name, one after the other.
        project=project,
    )
    last = changes.order_by("-at", "-pk").first()
    change = f" {last.actor} changed {last.detail.rstrip('.')}." if last else ""
    return f"{told}{change} Reload it and decide again."
