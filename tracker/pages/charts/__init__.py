"""Figures: plotly builds them here as plain JSON, the browser draws them."""

from __future__ import annotations
