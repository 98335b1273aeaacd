"""What the admin's forms change is in the audit log, with old and new values."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from tracker.changes.audit import audit
from tracker.changes.seen_form import SeenForm
from tracker.changes.values import change_said

SECRET = ("password", "secret")  # in a field's name


class CheckedAdmin(admin.ModelAdmin):
    """Its form shows what was seen, so that no save undoes somebody else's."""

    form = SeenForm

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = list(super().get_fieldsets(request, obj))
        if obj is None or not self.has_change_permission(request, obj):
            return found
        name, options = found[-1]
        return [
            *found[:-1],
            (name, {**options, "fields": (*options["fields"], "seen")}),
        ]


class AuditedAdmin(CheckedAdmin):
    """Writes each change to the audit log and to Django's own history, as `Role: Viewer
    → Admin`. For passwords and other secrets it writes only that they changed.
    """

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        said = [] if add else _of_form(form)
        for formset in formsets or ():
            said += _of_formset(formset)
        return "; ".join(said) or ("Added." if add else "Saved without a change.")

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._audit(request, obj, "Deleted.")
        return super().log_deletions(request, queryset)

    def _audit(self, request: HttpRequest, obj: Any, message: Any) -> None:
        name = str(self.opts.verbose_name)
        project = obj if name == "project" else getattr(obj, "project", None)
        audit(
            "admin_changed",
            target=f"{name} {obj}",
            project=project,
            detail=str(message),
            user=request.user,
        )


def _of_form(form: forms.ModelForm[Any]) -> list[str]:
    """One sentence for each field that was changed."""
    said = []
    for name in form.changed_data:
        # A new password has no field of its own in the form: `form.fields` lacks it.
        if any(word in name for word in SECRET):
            said.append(change_said(name.capitalize(), "", "", is_secret=True))
            continue
        field = form.fields[name]
        label = str(field.label or name.replace("_", " ")).capitalize()
        old, new = form.initial.get(name), form.cleaned_data.get(name)
        said.append(change_said(label, _as_seen(field, old), _as_seen(field, new)))
    return said


def _as_seen(field: forms.Field, value: Any) -> Any:
    """A choice by its word, a row by its name."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return ", ".join(sorted(map(str, value or ())))
    if isinstance(field, forms.ModelChoiceField):
        return field.to_python(getattr(value, "pk", value))
    if isinstance(field, forms.TypedChoiceField):
        words: Any = field.choices
        return dict(words).get(value, value)
    return value


def _of_formset(formset: Any) -> list[str]:
    """Rows beside the form, such as a project's members."""
    said = [f"{obj} added" for obj in formset.new_objects]
    said += [f"{obj} removed" for obj in formset.deleted_objects]
    changed = {obj.pk for obj, _ in formset.changed_objects}
    for form in formset.initial_forms:
        if form.instance.pk in changed:
            said.append(f"{form.instance}: {', '.join(_of_form(form))}")
    return said
