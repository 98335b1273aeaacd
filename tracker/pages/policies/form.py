"""The form of a policy's page: its numbers, not its scope (that is the admin's)."""

from __future__ import annotations

from typing import Any

from django import forms

from tracker.changes.policies.form import FIELDS, SCOPE_FIELDS, PolicyForm

NUMBER_FIELDS = tuple(f for f in FIELDS if f not in (*SCOPE_FIELDS, "name"))


class GroupedIntegerField(forms.IntegerField):
    """Shows 200,000 and takes it back."""

    widget = forms.TextInput

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            for mark in (",", "\u00a0", "\u202f", " "):
                value = value.replace(mark, "")
        return super().to_python(value)

    def widget_attrs(self, _widget: forms.Widget) -> dict[str, Any]:
        return {}


class PolicyNumbersForm(PolicyForm):
    class Meta(PolicyForm.Meta):
        fields = NUMBER_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.IntegerField):
                self.fields[name] = GroupedIntegerField(
                    label=field.label, required=False, min_value=0
                )
        for name, field in self.fields.items():
            saved = self.fields[name].prepare_value(self.initial.get(name))
            attrs = {
                "class": "select" if isinstance(field, forms.ChoiceField) else "input",
                "data-saved": "" if saved is None else str(saved),
                "autocomplete": "off",
                "aria-describedby": f"hint-{name}",
            }
            if not isinstance(field, forms.ChoiceField) and name != "summariser":
                attrs["inputmode"] = "decimal"
            self.fields[name].widget.attrs.update(attrs)
            if isinstance(self.fields[name].widget, forms.NumberInput):
                self.fields[name].widget.input_type = "text"  # no spinner
