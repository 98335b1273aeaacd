"""What an operator has set for models. It goes before the packaged snapshot."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from tracker.domain.conversation.text.visible_text import visible
from tracker.domain.providers.catalogue import Catalogue, ModelInfo, packaged_catalogue
from tracker.domain.providers.model_names import bare_name
from tracker.domain.providers.pricing import PriceList, Prices

PRICES = ("input", "output", "cache_read", "cache_creation")
SOURCE = "set in the admin"


def _tokens(help_text: str) -> models.BigIntegerField[int | None, int | None]:
    return models.BigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text=help_text
    )


def _price(
    help_text: str = "US dollars per million tokens.",
) -> models.DecimalField[Decimal | None, Decimal | None]:
    return models.DecimalField(
        null=True,
        blank=True,
        max_digits=14,
        decimal_places=6,
        validators=[MinValueValidator(0)],
        help_text=help_text,
    )


class CatalogueModel(models.Model):
    """Where a field is empty, the packaged snapshot applies."""

    name = models.CharField(
        max_length=200,
        unique=True,
        help_text="In any spelling: a provider's prefix, region or date is ignored "
        "where the plain name is stored.",
    )
    window_tokens = _tokens("Input and output together.")
    max_input_tokens = _tokens(
        "The largest input of one request, if smaller than the window."
    )
    max_output_tokens = _tokens("The largest output of one answer.")
    input_price = _price()
    output_price = _price()
    cache_read_price = _price()
    cache_creation_price = _price()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "model"
        ordering = ["name"]

    def __str__(self) -> str:
        return visible(self.name)

    def clean(self) -> None:
        self.name = bare_name(self.name)
        if not self.name:
            raise ValidationError({"name": "This is not a model name."})
        if self.window_tokens is None and packaged_catalogue().find(self.name) is None:
            raise ValidationError(
                {"window_tokens": "The snapshot does not know this model: say how "
                 "large its window is."}
            )  # fmt: skip
        window, most = self.window_tokens, self.max_input_tokens
        if window is not None and most is not None and most > window:
            raise ValidationError(
                {"max_input_tokens": "The input cannot be larger than the window."}
            )

    def over(self, packaged: ModelInfo | None) -> ModelInfo | None:
        """This row's fields, and the snapshot's where they are empty. None where
        neither says a window.
        """
        window = self.window_tokens or (packaged.window_tokens if packaged else None)
        if window is None:
            return None
        return ModelInfo(
            name=self.name,
            window_tokens=window,
            max_input_tokens=self._max_input(packaged),
            max_output_tokens=self.max_output_tokens
            or (packaged.max_output_tokens if packaged else None),
            prices=self._prices(packaged.prices if packaged else None),
            as_of=self.updated_at.date().isoformat(),
            source=SOURCE,
            # What the operator pays is not what the list had.
            earlier=packaged.earlier if packaged and not self._own_prices() else (),
        )

    def _max_input(self, packaged: ModelInfo | None) -> int | None:
        """The snapshot's limit does not apply to a window that was set here."""
        if self.max_input_tokens is not None or self.window_tokens is not None:
            return self.max_input_tokens
        return packaged.max_input_tokens if packaged else None

    def _own_prices(self) -> dict[str, Decimal]:
        own = {name: getattr(self, f"{name}_price") for name in PRICES}
        return {name: price for name, price in own.items() if price is not None}

    def _prices(self, packaged: PriceList | None) -> PriceList | None:
        own = self._own_prices()
        if not own:
            return packaged
        if packaged is None:
            return PriceList(Prices(**own))
        return replace(packaged, base=replace(packaged.base, **own))


def catalogue_over(packaged: Catalogue) -> Catalogue:
    """The stored rows over this snapshot. One query."""
    rows = list(CatalogueModel.objects.all())
    infos = (row.over(packaged.find(row.name)) for row in rows)
    known = [info for info in infos if info is not None]
    return packaged.with_models(*known) if known else packaged


def load_catalogue() -> Catalogue:
    """Every known model. What the operator set goes first. One query."""
    return catalogue_over(packaged_catalogue())
