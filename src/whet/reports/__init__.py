"""One file a format; knows records only."""
