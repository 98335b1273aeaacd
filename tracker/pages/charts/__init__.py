"""Figures: plotly builds them here as plain JSON, the browser draws them."""
