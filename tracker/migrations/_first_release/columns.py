"""Columns and rules in the few words that the tables need."""

from __future__ import annotations

from django.db import models

LEVELS = ("ok", "warning", "compress", "critical", "exceeded")
PARTS = ("system", "history", "user_context", "tools")

ID = (
    "id",
    models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    ),
)


def belongs_to(model, **options):
    return models.ForeignKey(on_delete=models.CASCADE, to=model, **options)


def may_name(model, **options):
    """The row stays when what it names is deleted."""
    return models.ForeignKey(null=True, on_delete=models.SET_NULL, to=model, **options)


def is_of(model, **options):
    """At most one for each row of `model`, with its number."""
    return models.OneToOneField(
        on_delete=models.CASCADE, primary_key=True, serialize=False, to=model, **options
    )


def numbers(*names, **options):
    return [(name, models.BigIntegerField(**options)) for name in names]


def counts(*names, **options):
    return numbers(*names, default=0, **options)


def tokens(*names, **options):
    return numbers(*(f"{name}_tokens" for name in names), **options)


def one_of(*words, max_length=8, **options):
    """One of `words`, each shown with a capital: "ok" as "Ok"."""
    choices = [(word, word.capitalize()) for word in words]
    return models.CharField(choices=choices, max_length=max_length, **options)


def key(*columns):
    return models.CompositePrimaryKey(
        *columns, blank=True, editable=False, primary_key=True, serialize=False
    )


def once(name, *fields):
    return models.UniqueConstraint(fields=fields, name=name)


def index(name, *fields, **options):
    return models.Index(fields=fields, name=name, **options)


def optional_number(**options):
    return models.PositiveIntegerField(blank=True, null=True, **options)
