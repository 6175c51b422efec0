import dataclasses
import math
import sqlite3

import pytest

from nasnet.controller import Proposal
from nasnet.search import StoreError, Trial, TrialStore
from nasnet.search.stores import statements


def trial(number, **changes):
    proposal = Proposal((0, 1, 12), (-0.7, -1 / 3, -2.5649493574615367))
    return dataclasses.replace(Trial(number, proposal, "{}", "0123456789abcdef", 7), **changes)


def test_trials_come_back_as_they_were(tmp_path):
    trials = [
        trial(0),
        trial(1, state="complete", reward=0.1 + 0.2, observed=True, metrics={"a": [1.5, None]}),
        trial(2, state="died", reward=0.0, error="its process was ended by SIGKILL", attempt=3),
        trial(3, state="complete", reward=0.3, reused_from=1, seconds=1.25),
    ]
    with TrialStore(tmp_path / "s.db") as store:
        store.save(reversed(trials), b"\x00state")
    with TrialStore(tmp_path / "s.db", create=False) as store:
        assert store.trials() == trials
        assert store.controller_state() == b"\x00state"


def test_saving_a_trial_again_replaces_it(tmp_path):
    with TrialStore(tmp_path / "s.db") as store:
        assert store.controller_state() is None
        store.save([trial(0)], b"one")
        store.save([trial(0, state="complete", reward=math.pi)])
        assert [t.reward for t in store.trials()] == [math.pi]
        assert store.controller_state() == b"one"


def test_a_failed_save_leaves_nothing_behind(tmp_path):
    """The second trial cannot be stored, so the first and the state are not either."""
    with TrialStore(tmp_path / "s.db") as store:
        store.save([trial(0)], b"one")
        with pytest.raises(Exception, match="NOT NULL"):
            store.save([trial(0, state="complete"), trial(1, key=None)], b"two")
        assert store.trials() == [trial(0)]
        assert store.controller_state() == b"one"


def test_a_state_that_cannot_be_saved_keeps_its_trials_out(tmp_path, monkeypatch):
    """A result without the controller that heard of it would be heard of never, or twice."""
    with TrialStore(tmp_path / "s.db") as store:
        store.save([trial(0)], b"one")

        def fails(connection, parts, known):
            raise OSError("disk full")

        monkeypatch.setattr(statements, "write_state", fails)
        with pytest.raises(OSError, match="disk full"):
            store.save([trial(0, state="complete"), trial(1)], b"two")
    with TrialStore(tmp_path / "s.db") as store:
        assert store.trials() == [trial(0)]
        assert store.controller_state() == b"one"


def test_a_state_comes_back_whatever_was_there_before(tmp_path, rng):
    """States longer and shorter than before, over parts of it, and by a store opened anew."""
    store = TrialStore(tmp_path / "s.db")
    state = bytearray(rng.bytes(300_000))
    for size, change in ((300_000, 7), (300_000, 299_999), (40, 0), (65_536, 1), (0, 0), (9, 3)):
        state = bytearray(state[:size] + rng.bytes(max(0, size - len(state))))
        if size:
            state[change] ^= 255
        store.save([], bytes(state))
        assert store.controller_state() == bytes(state)
        if size == 40:
            store.close()
            store = TrialStore(tmp_path / "s.db")
            assert store.controller_state() == bytes(state)
    store.close()


def test_of_a_state_only_what_differs_is_written(tmp_path, rng):
    path = tmp_path / "s.db"
    state = rng.bytes(2_500_000)
    with TrialStore(path) as store:
        store.save([], state)
        wal = path.with_name("s.db-wal")
        before = wal.stat().st_size if wal.exists() else 0
        # What a policy's state does in a minibatch: a few bytes at its end.
        for i in range(5):
            store.save([trial(i)], state[:-8] + bytes([i] * 8))
        written = wal.stat().st_size - before
    assert written < len(state) / 2


def test_a_reader_sees_a_store_that_is_being_written(tmp_path):
    with TrialStore(tmp_path / "s.db") as writer, TrialStore(tmp_path / "s.db") as reader:
        writer.save([trial(0)])
        assert reader.trials() == [trial(0)]


def damaged(tmp_path, how):
    path = tmp_path / "s.db"
    with TrialStore(path) as store:
        store.save([trial(i) for i in range(300)], b"x" * 100_000)
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:40_000])
    if how == "overwritten":
        data = bytearray(path.read_bytes())
        data[4096:12288] = bytes(8192)
        path.write_bytes(bytes(data))
    if how == "text":
        path.write_text("not a database, but long enough to be looked at " * 50)
    if how in ("foreign", "old"):
        path.unlink()
        connection = sqlite3.connect(path)
        if how == "foreign":
            connection.execute("create table songs (title)")
        else:
            TrialStore(path).close()
            connection.execute("update nasnet_meta set value = '0'")
        connection.commit()
        connection.close()
    return path


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("truncated", "store .* cannot be read: .*malformed|store .* is damaged"),
        ("overwritten", "store .* is damaged|store .* cannot be read"),
        ("text", "store .* cannot be read: file is not a database"),
        ("foreign", r"holds the tables \['songs'\], expected a search's"),
        ("old", "has version '0', expected 1"),
    ],
)
def test_a_damaged_store_is_one_clear_line(tmp_path, how, text):
    path = damaged(tmp_path, how)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=text) as caught:
        TrialStore(path).trials()
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_a_missing_store_is_said_to_be_missing(tmp_path):
    with pytest.raises(StoreError, match=r"s\.db is missing, expected the file"):
        TrialStore(tmp_path / "s.db", create=False)
