"""Windows, limits and prices of models that the packaged snapshot lacks or gets
wrong; and what was learnt about counting.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tracker.admin.audited import AuditedAdmin
from tracker.changes.catalogue import delete_model, save_model
from tracker.domain.providers.catalogue import ModelInfo, packaged_catalogue
from tracker.models import CatalogueModel, LearntCalibration


@admin.register(CatalogueModel)
class CatalogueAdmin(AuditedAdmin):
    list_display = (
        "name",
        "window_tokens",
        "max_input_tokens",
        "max_output_tokens",
        "input_price",
        "output_price",
        "updated_at",
    )
    search_fields = ("name",)
    readonly_fields = ("packaged", "updated_at")
    actions = None
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "packaged", "updated_at"),
                "description": "Where a field is empty, the packaged snapshot applies.",
            },
        ),
        (
            "Window, in tokens",
            {
                "fields": ("window_tokens", "max_input_tokens", "max_output_tokens"),
                "description": "A budget is measured against the smaller of window "
                "and maximum input. Without a maximum input, input alone may fill "
                "a window that is set here.",
            },
        ),
        (
            "Prices",
            {
                "fields": (
                    "input_price",
                    "output_price",
                    "cache_read_price",
                    "cache_creation_price",
                )
            },
        ),
    )

    @admin.display(description="Packaged snapshot")
    def packaged(self, row: CatalogueModel) -> str:
        info = packaged_catalogue().find(row.name) if row.name else None
        return _said(info) if info else "nothing about this model"

    def save_model(
        self, request: HttpRequest, obj: CatalogueModel, form: Any, change: bool
    ) -> None:
        save_model(obj)

    def delete_model(self, request: HttpRequest, obj: CatalogueModel) -> None:
        delete_model(obj)


@admin.register(LearntCalibration)
class CalibrationAdmin(AuditedAdmin):
    """Read-only. Delete a row to have it learnt again."""

    list_display = ("project", "model", "counter", "client", "learnt", "updated_at")
    list_filter = ("project",)
    list_select_related = ("project",)
    search_fields = ("model", "counter")
    fields = readonly_fields = list_display

    @admin.display(description="Correction")
    def learnt(self, row: LearntCalibration) -> str:
        known = row.calibration()
        error = "–" if known.error is None else f"{known.error:.2%}"
        return (
            f"× {known.gain:.3f} + {known.overhead:,} tokens from {known.samples:,} "
            f"reports, recent error {error}"
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _said(info: ModelInfo) -> str:
    limits = (
        ("window", info.window_tokens),
        ("input", info.max_input_tokens),
        ("output", info.max_output_tokens),
    )
    said = [f"{word} {tokens:,}" for word, tokens in limits if tokens is not None]
    prices = info.prices.base if info.prices else None
    if prices is not None:
        words = {"input": prices.input, "output": prices.output}
        said += [f"{word} ${price:f}" for word, price in words.items() if price]
    return f"{info.name}: {', '.join(said)} ({info.as_of})"
