"""Transformers that keep rows, series and padding."""
