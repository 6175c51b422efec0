"""Where the record of a search is kept: in memory, or in a database."""

from nasnet.search.stores.base import MemoryStore, Store, StoreError
from nasnet.search.stores.database import TrialStore

__all__ = ("MemoryStore", "Store", "StoreError", "TrialStore")
