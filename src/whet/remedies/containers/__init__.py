"""Cures for the choice of containers."""
