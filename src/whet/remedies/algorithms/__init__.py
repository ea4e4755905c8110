"""Cures for doing more work than the answer needs."""
