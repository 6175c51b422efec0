"""Stores: what they all keep to, and what a file on disk may be."""

import contextlib
import itertools
import re
import sqlite3

import pytest

from nasnet.search import MemoryStore, StoreError, TrialStore
from nasnet.search.stores import sessions, statements
from nasnet.testing import StoreSuite
from nasnet.testing.stores import make_trial
from tests.processes import Program

_NUMBERS = itertools.count()

STORES = ("memory", "sqlite", "postgresql")


@pytest.fixture
def url(postgresql):
    """The address of a search of this test's own."""
    return f"{postgresql.url}#test-{next(_NUMBERS)}"


class TestStores(StoreSuite):
    @pytest.fixture(params=STORES)
    def open_store(self, request, tmp_path):
        place = tmp_path / "s.db"
        if request.param == "postgresql":
            place = request.getfixturevalue("url")
        with contextlib.ExitStack() as stack:

            def call():
                store = MemoryStore() if request.param == "memory" else TrialStore(place)
                if hasattr(store, "close"):
                    stack.callback(store.close)
                return store

            yield call


def test_a_state_that_cannot_be_saved_keeps_its_trials_out(tmp_path, monkeypatch):
    """A result without the controller that heard of it would be heard of never, or twice."""
    with TrialStore(tmp_path / "s.db") as store:
        store.save([make_trial(0)], b"one")

        def fails(connection, parts, known):
            raise OSError("disk full")

        monkeypatch.setattr(statements, "write_state", fails)
        with pytest.raises(OSError, match="disk full"):
            store.save([make_trial(0, state="complete"), make_trial(1)], b"two")
    with TrialStore(tmp_path / "s.db") as store:
        assert store.trials() == [make_trial(0)]
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
            store.save([make_trial(i)], state[:-8] + bytes([i] * 8))
        written = wal.stat().st_size - before
    assert written < len(state) / 2


def test_a_reader_sees_a_store_that_is_being_written(tmp_path):
    with TrialStore(tmp_path / "s.db") as writer, TrialStore(tmp_path / "s.db") as reader:
        writer.save([make_trial(0)])
        assert reader.trials() == [make_trial(0)]


def damaged(tmp_path, how):
    path = tmp_path / "s.db"
    with TrialStore(path) as store:
        store.save([make_trial(i) for i in range(300)], b"x" * 100_000)
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


@pytest.mark.parametrize("content", [b"", "begun"])
def test_a_reader_makes_no_tables_where_a_driver_is_about_to(tmp_path, content):
    path = tmp_path / "s.db"
    if content == "begun":
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"s\.db holds no tables, expected a search's"):
        TrialStore(path, create=False)
    assert path.read_bytes() == before
    TrialStore(path).close()
    with TrialStore(path, create=False) as store:
        assert store.trials() == []


def test_a_reader_sees_all_tables_or_none(tmp_path):
    """Looked at behind each statement that makes the tables."""
    path, seen = tmp_path / "s.db", set()

    def look(_, __, statement="", *___):
        if "journal_mode" in statement:  # which no one may look at
            return
        connection = sqlite3.connect(path)
        rows = connection.execute("select name from sqlite_master where type = 'table'")
        seen.add(frozenset(name for (name,) in rows))
        connection.close()

    session = sessions.FileSession(path)
    sessions.sa.event.listen(session._engine, "after_cursor_execute", look)
    for _ in range(2):  # another driver, a moment later
        session.prepare()
        session.run(lambda connection: statements.create_tables(connection, None))
    look(None, None)
    session.close()
    assert seen == {frozenset(), frozenset({"nasnet_meta", "nasnet_trials", "nasnet_controller"})}


def test_searches_in_one_database_do_not_meet(url):
    with TrialStore(url) as one, TrialStore(f"{url}-b") as other:
        one.save([make_trial(0)], b"one")
        other.save([make_trial(0), make_trial(1)], b"other")
        assert len(one.trials()) == 1
        assert (one.controller_state(), other.controller_state()) == (b"one", b"other")


def test_a_search_that_is_not_there_is_not_made_by_looking(url):
    for _ in range(2):
        with pytest.raises(StoreError, match=r"#test-\d+ holds no such search"):
            TrialStore(url, create=False)


def test_one_driver_at_a_time_and_any_number_of_readers(url, monkeypatch):
    monkeypatch.setattr(sessions, "_LOCK_SECONDS", 0.1)
    with TrialStore(url, exclusive=True) as driver:
        driver.save([make_trial(0)])
        with pytest.raises(StoreError, match="is in use by another process, expected it to be"):
            TrialStore(url, exclusive=True)
        with TrialStore(url, create=False) as reader, TrialStore(f"{url}-b", exclusive=True):
            assert reader.trials() == [make_trial(0)]
    with TrialStore(url, exclusive=True) as driver:
        assert driver.trials() == [make_trial(0)]


@pytest.mark.parametrize("exclusive", [False, True])
def test_a_server_that_was_restarted_is_reached_again(postgresql, url, exclusive, caplog):
    with TrialStore(url, exclusive=exclusive) as store:
        store.save([make_trial(0)], b"one")
        postgresql.restart()
        store.save([make_trial(0, state="complete"), make_trial(1)], b"two")
        postgresql.restart()
        assert [trial.number for trial in store.trials()] == [0, 1]
        assert store.controller_state() == b"two"
    assert "is away (" in caplog.text
    assert "trying again for 10 minutes" in caplog.text


def test_a_server_that_stays_away_ends_it(postgresql, url, monkeypatch):
    monkeypatch.setattr(sessions, "PATIENCE", 1.0)
    with TrialStore(url) as store:
        store.save([make_trial(0)])
        postgresql.stop()
        try:
            with pytest.raises(StoreError, match="cannot be read: "):
                store.trials()
            with pytest.raises(StoreError, match=r"cannot be read: .*Connection refused"):
                TrialStore(url)
        finally:
            postgresql.start()
        assert store.trials() == [make_trial(0)]


def test_a_driver_that_is_killed_leaves_all_that_it_saved(url):
    program = Program("tests.store_task", url)
    program.wait_for("saved 20")
    program.kill()
    with TrialStore(url, exclusive=True) as store:
        trials = store.trials()
        assert len(trials) >= 20
        # A result and the state that knows of it are there together.
        assert store.controller_state() == str(len(trials)).encode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mysql://host/db#a", "store is 'mysql://host/db#a', expected postgresql://HOST/DATABASE#"),
        ("postgresql://host#a", "expected postgresql://HOST/DATABASE#SEARCH"),
        ("postgresql://u:secret@host/db#a", "store is 'postgresql://u:...@host/db#a' with a pass"),
        ("postgresql://host/db", "search of the store is '', expected up to 50 letters"),
        ("postgresql://host/db#a b", "search of the store is 'a b', expected up to 50 letters"),
        (f"postgresql://host/db#{'a' * 51}", "expected up to 50 letters"),
    ],
)
def test_what_is_no_address_is_refused(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        TrialStore(text)


def test_a_server_that_is_not_there_is_said_at_once():
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=r"postgresql://127.* cannot be read: .*refused"):
        TrialStore("postgresql://127.0.0.1:1/db#a")
