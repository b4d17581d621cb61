"""The local state: what is written together is there together, and a folder belongs to one worker."""

import os
from types import SimpleNamespace

import pytest
from support.stream import TOPIC

from pipeline.config import Settings
from pipeline.errors import BrokenStoreError, UnavailableError, UsageError
from pipeline.stream.state_dir import StateDir, group_dir, throw_away
from pipeline.stream.store import LocalStore, Mark
from schemas.changelog import alert_key, baselines_key, chunk_key, replay_key
from schemas.dead_letter import Identity

MARK = Mark("changelog", 0, 41)


@pytest.fixture
def store(tmp_path):
    opened = LocalStore(tmp_path / "0")
    yield opened
    opened.close()


def test_a_new_store_has_neither_mark_nor_contents(store):
    assert store.mark is None
    assert list(store.contents()) == []
    assert b"c" not in store
    assert store.chunks(b"c") == []


def test_contents_come_back_with_their_chunks_in_order(store):
    store.write([(chunk_key(b"b", 1), b"b1"), (chunk_key(b"a", 0), b"a0"), (b"\0", b"position")], None)
    store.write([(chunk_key(b"b", 0), b"b0"), (chunk_key(b"b", 300), b"b300")], MARK)
    assert list(store.contents()) == [(b"a", [b"a0"]), (b"b", [b"b0", b"b1", b"b300"])]
    assert store.chunks(b"b") == [b"b0", b"b1", b"b300"]
    assert store.chunks(b"c") == []
    assert (b"a" in store, b"aa" in store) == (True, False)


def test_alerts_and_baselines_lie_beside_the_contents_and_do_not_mix(store):
    identity = Identity("dlq", 0, 1, 2)
    contents = (b"a", b"alert", "a\x01é".encode())
    store.write([(chunk_key(name, 0), b"chunk") for name in contents], None)
    store.write([(alert_key(name), b"told " + name) for name in contents[1:]], None)
    pieces = [(baselines_key(number), b"%d," % number) for number in (256, 1, 0)]
    store.write([*pieces, (replay_key(identity), b"\xc3"), (b"\0", b"position")], MARK)
    assert [content for content, _ in store.contents()] == sorted(contents)
    assert store.alerts() == [(name, b"told " + name) for name in sorted(contents[1:])]
    assert (store.alert(b"alert"), store.alert(b"a")) == (b"told alert", None)
    assert store.baselines() == b"0,1,256,"
    assert store.replayed() == [identity]


def test_records_and_mark_are_there_after_opening_again(tmp_path):
    first = LocalStore(tmp_path / "0")
    first.write([(chunk_key(b"a", 0), b"a0")], MARK)
    first.close()
    second = LocalStore(tmp_path / "0")
    assert (second.mark, second.chunks(b"a")) == (MARK, [b"a0"])
    second.wipe()
    assert (second.mark, second.chunks(b"a")) == (None, [])
    second.close()


def test_a_store_that_cannot_be_read_is_made_anew(tmp_path):
    first = LocalStore(tmp_path / "0")
    first.write([(chunk_key(b"a", 0), b"a0")], MARK)
    first.close()
    for path in (tmp_path / "0").glob("MANIFEST*"):
        path.write_bytes(b"spoiled")
    second = LocalStore(tmp_path / "0")
    assert second.mark is None
    second.close()


@pytest.fixture(params=["its first block", "a later block"])
def damaged(tmp_path, request):
    """A store of many contents with a long one, some of its blocks spoiled."""
    first = LocalStore(tmp_path / "0")
    first.write(((chunk_key(b"c", number), os.urandom(500)) for number in range(500)), MARK)
    first.close()
    (file,) = (tmp_path / "0").glob("*.sst")
    data = bytearray(file.read_bytes())
    place = 1000 if request.param == "its first block" else len(data) // 2
    data[place] ^= 0xFF
    file.write_bytes(data)
    return LocalStore(tmp_path / "0")


@pytest.mark.parametrize("read", [lambda store: store.chunks(b"c"), lambda store: list(store.contents())])
def test_damaged_files_are_never_taken_for_all_there_is_and_are_made_anew(damaged, tmp_path, read):
    with pytest.raises(BrokenStoreError, match="damaged"):
        read(damaged)
    damaged.close()
    again = LocalStore(tmp_path / "0")
    assert (again.mark, list(again.contents())) == (None, [])
    again.write([(chunk_key(b"a", 0), b"a0")], MARK)
    again.close()
    third = LocalStore(tmp_path / "0")
    assert third.mark == MARK
    third.close()


def test_a_full_disk_is_one_sentence_that_says_what_to_do(tmp_path, monkeypatch):
    def full(*_):
        raise Exception("IO error: No space left on device")  # noqa: TRY002 - as rocksdict does

    store = LocalStore(tmp_path / "0")
    monkeypatch.setattr(store, "_db", SimpleNamespace(write=full, close=store._db.close))
    with pytest.raises(UnavailableError, match=r"No space left on device.*make room, or set CASCADES_STATE_DIR"):
        store.write([(chunk_key(b"a", 0), b"a0")], MARK)
    store.close()


def test_damage_that_only_a_write_is_told_of_makes_the_files_anew_too(tmp_path, monkeypatch):
    def damaged(*_):
        raise Exception("Corruption: block checksum mismatch: stored = 1, computed = 2")  # noqa: TRY002 - as rocksdict does

    store = LocalStore(tmp_path / "0")
    store.write([(chunk_key(b"a", 0), b"a0")], MARK)
    monkeypatch.setattr(store, "_db", SimpleNamespace(write=damaged, close=store._db.close))
    with pytest.raises(BrokenStoreError):
        store.write([(chunk_key(b"a", 1), b"a1")], MARK)
    store.close()
    again = LocalStore(tmp_path / "0")
    assert again.mark is None
    again.close()


def test_files_that_cannot_be_closed_stop_nobody(tmp_path, monkeypatch, caplog):
    def fails():
        raise Exception("Corruption")  # noqa: TRY002 - as rocksdict does

    store = LocalStore(tmp_path / "0")
    inner = store._db
    monkeypatch.setattr(store, "_db", SimpleNamespace(close=fails))
    store.close()
    assert "not closed in order" in caplog.text
    inner.close()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="CASCADES_STATE_DIR"):
        LocalStore(tmp_path / "file" / "0")
    with pytest.raises(UnavailableError, match="CASCADES_STATE_DIR"):
        StateDir(Settings(state_dir=tmp_path / "file"))


def test_each_worker_takes_a_folder_that_is_free(tmp_path):
    settings = Settings(state_dir=tmp_path)
    first, second = StateDir(settings), StateDir(settings)
    assert (first.path.name, second.path.name) == ("worker-0", "worker-1")
    first.close()
    third = StateDir(settings)
    assert third.path == first.path
    second.close()
    third.close()


def test_local_state_is_thrown_away_only_while_no_worker_uses_it(tmp_path):
    settings = Settings(state_dir=tmp_path, group="a/b", events_topic=TOPIC)
    assert not throw_away(settings)
    used = StateDir(settings)
    with pytest.raises(UsageError, match="stop it first"):
        throw_away(settings)
    used.close()
    assert throw_away(settings)
    assert not group_dir(settings).exists()
    assert tmp_path.exists()
