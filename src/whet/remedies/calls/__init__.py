"""Cures for work done again at every call."""
