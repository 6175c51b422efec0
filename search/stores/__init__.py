"""Where the record of a search is kept: in memory, or in a database."""

from nasnet.search.stores.base import Store, StoreError
from nasnet.search.stores.database import TrialStore
from nasnet.search.stores.memory import MemoryStore

__all__ = ("MemoryStore", "Store", "StoreError", "TrialStore")
