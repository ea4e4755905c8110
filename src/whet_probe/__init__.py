"""The agent inside the target: standard library only, Python 3.9+; it records, never decides."""
