from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys

import pytest
import requests

from pipeline.embedded import jar_lock, jar_source, jars, prepare
from pipeline.embedded.jar_lock import Jar, JarLock
from pipeline.errors import UnavailableError

BYTES = {"a-1.0.jar": b"first jar", "b-2.0.jar": b"second jar"}
LOCK = JarLock(
    "4.9.9",
    tuple(
        Jar(f"org.example:{name[0]}:{name[2:5]}", len(content), hashlib.sha256(content).hexdigest())
        for name, content in BYTES.items()
    ),
)


class Repository:
    """Stands in for the network: serves bytes by file name and counts requests."""

    def __init__(self) -> None:
        self.bytes = dict(BYTES)
        self.failures = 0
        self.asked = []

    def get(self, url, **_options):
        name = url.rsplit("/", 1)[1]
        if name.endswith(".sha1"):
            return answer(404, b"")
        self.asked.append(name)
        if self.failures:
            self.failures -= 1
            raise requests.ConnectionError("no route")
        return answer(200, self.bytes[name]) if name in self.bytes else answer(404, b"")


def answer(status, body):
    response = requests.Response()
    response.status_code, response.raw = status, io.BytesIO(body)
    response.headers["content-length"] = str(len(body))
    return response


@pytest.fixture
def repository(monkeypatch):
    repository = Repository()
    monkeypatch.setattr("jgo.maven._resolver.http.get", repository.get)
    monkeypatch.setattr(jar_source.time, "sleep", lambda _seconds: None)
    return repository


@pytest.fixture
def home(tmp_path):
    return jars.folder(tmp_path, LOCK)


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix == ".jar")


def test_the_jars_come_in_the_order_of_the_lock(tmp_path, repository, home):
    paths = jars.ensure(tmp_path, lock=LOCK)
    assert paths == [home / "a-1.0.jar", home / "b-2.0.jar"]
    assert [path.read_bytes() for path in paths] == list(BYTES.values())


def test_the_second_time_nothing_is_asked_of_the_network_and_nothing_is_said(tmp_path, repository):
    jars.ensure(tmp_path, lock=LOCK)
    repository.asked.clear()
    told = []
    jars.ensure(tmp_path, lambda *report: told.append(report), lock=LOCK)
    assert (repository.asked, told) == ([], [])


def test_the_download_is_reported_up_to_its_end(tmp_path, repository):
    told = []
    jars.ensure(tmp_path, lambda *report: told.append(report), lock=LOCK)
    assert told[-1] == ("downloading Apache Kafka, 0 MB", 1.0)


@pytest.mark.parametrize("content", [b"other jar", b"short", b""])
def test_a_jar_with_other_bytes_than_the_lock_says_is_refused_and_not_kept(tmp_path, repository, home, content):
    repository.bytes["a-1.0.jar"] = content
    with pytest.raises(
        UnavailableError, match=r"a-1\.0\.jar arrived with .* but kafka\.lock says 9 bytes .* It was not kept"
    ):
        jars.ensure(tmp_path, lock=LOCK)
    assert "a-1.0.jar" not in names(home)


def test_a_jar_tampered_with_in_the_cache_is_replaced(tmp_path, repository, home):
    jars.ensure(tmp_path, lock=LOCK)
    (home / "a-1.0.jar").write_bytes(b"evil! jar")  # of the same length
    os.utime(home / "a-1.0.jar", ns=(1, 1))
    assert jars.ensure(tmp_path, lock=LOCK)[0].read_bytes() == b"first jar"


def test_a_jar_that_is_missing_in_the_cache_comes_again_alone(tmp_path, repository, home):
    jars.ensure(tmp_path, lock=LOCK)
    (home / "b-2.0.jar").unlink()
    repository.asked.clear()
    jars.ensure(tmp_path, lock=LOCK)
    assert repository.asked == ["b-2.0.jar"]


def test_touched_jars_are_checked_again_instead_of_downloaded_again(tmp_path, repository, home):
    jars.ensure(tmp_path, lock=LOCK)
    os.utime(home / "a-1.0.jar", ns=(1, 1))
    repository.asked.clear()
    jars.ensure(tmp_path, lock=LOCK)
    assert repository.asked == []


def test_what_a_broken_off_download_left_is_never_taken_for_a_jar_and_is_cleared_away(tmp_path, repository, home):
    part = home / ".part-killed"
    part.mkdir(parents=True)
    (part / "a-1.0.jar").write_bytes(b"fir")
    jars.ensure(tmp_path, lock=LOCK)
    assert not part.exists()
    assert (home / "a-1.0.jar").read_bytes() == b"first jar"


def test_a_short_hiccup_of_the_network_is_tried_again(tmp_path, repository):
    repository.failures = 2
    jars.ensure(tmp_path, lock=LOCK)


def test_without_a_network_there_is_one_error_that_says_what_to_do(tmp_path, repository):
    repository.failures = 1000
    with pytest.raises(
        UnavailableError,
        match=r"could not be downloaded \(ConnectionError: no route\).*HTTPS_PROXY.*run `make setup` again.*CASCADES_CACHE_DIR",
    ):
        jars.ensure(tmp_path, lock=LOCK)


def test_a_jar_that_the_repository_does_not_have_is_the_same_clear_error(tmp_path, repository):
    del repository.bytes["a-1.0.jar"]
    with pytest.raises(UnavailableError, match=r"a-1\.0\.jar could not be downloaded"):
        jars.ensure(tmp_path, lock=LOCK)


def test_the_command_ends_with_code_1_and_one_sentence(tmp_path, repository, monkeypatch, capsys):
    repository.bytes.clear()
    monkeypatch.setenv("CASCADES_CACHE_DIR", str(tmp_path))
    assert prepare.main([]) == 1
    assert "could not be downloaded" in capsys.readouterr().err.splitlines()[-1]


def test_two_processes_may_get_the_jars_at_once(tmp_path):
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from pathlib import Path\n"
        "import test_jars as t, jgo.maven._resolver as r\n"
        "r.http.get = t.Repository().get\n"
        "print([p.read_bytes() for p in t.jars.ensure(Path(sys.argv[1]), lock=t.LOCK)])\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path), os.path.dirname(__file__)]  # noqa: PTH120 - a plain string for sys.path
    both = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate(timeout=60)[0] for process in both] == [f"{list(BYTES.values())}\n".encode()] * 2


def test_the_lock_names_no_address_and_a_checksum_for_every_jar():
    lock = jar_lock.read()
    assert "://" not in jar_lock.PATH.read_text()
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) and jar.size for jar in lock.jars)
    assert f"org.apache.kafka:kafka_2.13:{lock.kafka}" in {jar.coordinate for jar in lock.jars}


def test_a_lock_is_read_as_it_was_written(tmp_path):
    jar_lock.write(LOCK, tmp_path / "kafka.lock")
    assert jar_lock.read(tmp_path / "kafka.lock") == LOCK


def test_another_lock_has_another_folder(tmp_path):
    assert jars.folder(tmp_path, LOCK) != jars.folder(tmp_path, JarLock(LOCK.kafka, LOCK.jars[:1]))
