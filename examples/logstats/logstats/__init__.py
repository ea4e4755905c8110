"""Statistics of web server access logs."""

__version__ = "1.4.0"
