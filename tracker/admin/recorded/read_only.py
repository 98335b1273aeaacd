"""Recorded data is read-only in the admin, and its long lists are not counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html

from tracker.models import LLMSession

COUNTED_UP_TO = 10_000
ROWS = 50


class CappedPaginator(Paginator):
    """Counts 10,000 rows at most: counting millions would take seconds."""

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list).order_by()
        return int(rows[:COUNTED_UP_TO].count())


def origins() -> list[str]:
    """The ways by which sessions came, from an index of theirs."""
    found = LLMSession.objects.order_by().values_list("origin", flat=True)
    return sorted(found.distinct())


def among(
    field: str, known: Callable[[], Sequence[str]]
) -> type[admin.SimpleListFilter]:
    """A filter by these values. Django's own asks the whole table which there are."""

    class Among(admin.SimpleListFilter):
        title = field.replace("_", " ")
        parameter_name = field

        def lookups(self, *_: Any) -> list[tuple[str, str]]:
            return [(value, value.replace("_", " ")) for value in known()]

        def queryset(self, _: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            wanted = self.value()
            return queryset if wanted is None else queryset.filter(**{field: wanted})

    return Among


class ReadOnlyAdmin(admin.ModelAdmin):
    """Nothing can be added, changed or deleted: only ingest writes these rows."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = ROWS
    list_max_show_all = ROWS
    actions = None
    show_facets = admin.ShowFacets.NEVER  # facets count every row

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def dashboard_link(url: str, text: str = "Open in the dashboard") -> str:
    return format_html('<a href="{}">{}</a>', url, text)
