"""Which files lie below a folder: git's own answer, in batches, as git lists them.

`scan` yields a record a file, `scan_names` batches of names for those who need no more.
"""

from whet.codebase.scan._scan import ScanOptions, scan, scan_names

__all__ = ["ScanOptions", "scan", "scan_names"]
