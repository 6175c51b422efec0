"""Small tunings: the models, the flags, and what a run has recorded."""

from pathlib import Path

from nasnet.search import TrialStore

FILE = Path(__file__).parent / "tuned.py"
FLAGS = "--epochs 2 --batch-size 8 --workers 1 --controller random"


def trials_of(path):
    with TrialStore(path / "nasnet.db") as store:
        return store.trials()
