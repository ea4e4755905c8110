"""Remedies for arrays and data frames; they work on source and import neither NumPy nor pandas."""
