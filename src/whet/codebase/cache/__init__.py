"""What is known of files already: facts by content on disk, contents and trees in memory."""

from whet.codebase.cache.database import FactCache, open_cache
from whet.codebase.cache.identity import Identity, blob_id, is_racy
from whet.codebase.cache.memory import FileCache
from whet.codebase.cache.prefetch import Prefetcher

__all__ = [
    "FactCache",
    "FileCache",
    "Identity",
    "Prefetcher",
    "blob_id",
    "is_racy",
    "open_cache",
]
