"""Cures for slow starts."""
