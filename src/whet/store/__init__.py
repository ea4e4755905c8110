"""What whet keeps: session folders, baselines and declined fixes, private and safe on disk."""

from whet.store.sessions import SessionFolder, load_session
from whet.store.store import Declined, Store, Usage, open_store, place_of, remove_tree

__all__ = [
    "Declined",
    "SessionFolder",
    "Store",
    "Usage",
    "load_session",
    "open_store",
    "place_of",
    "remove_tree",
]
