"""Where jars come from: jgo, which speaks Maven in Python. A mirror named in jgo's own configuration is asked first."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cmp_to_key, partial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import Artifact, MavenContext, PythonResolver, compare_versions

from pipeline.embedded import jar_lock
from pipeline.embedded.jar_lock import Jar, JarLock
from pipeline.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.embedded.progress import Progress

BROKER = ("org.apache.kafka", "kafka_2.13")
LOGGING = "org.slf4j:slf4j-simple"
NOT_NEEDED = {"kafka-tools-api": "interfaces of the console tools; no class of the broker names them"}

DOWNLOADS_AT_ONCE = 4
TRIES = 3
TIMEOUT_S = 30


def download(jars: list[Jar], home: Path, progress: Progress) -> None:
    """Bring these jars into `home`, each only when it is whole and has the locked checksum. One caller at a time.

    Raises UnavailableError, with what to do, when one cannot be had or has other bytes.
    """
    meter = _Meter(sum(jar.size for jar in jars), progress)
    for leftover in home.glob(".part-*"):
        rmtree(leftover, ignore_errors=True)
    # jgo writes straight to a file's final name, so it works in a folder of its own and only checked files leave it.
    with TemporaryDirectory(prefix=".part-", dir=home) as part, ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        context = _context(Path(part), meter)
        for _ in pool.map(partial(_bring, context, home), jars):
            pass
    meter.finish()


def resolve(progress: Progress) -> JarLock:
    """The newest Kafka 4 with all that its broker needs, as a lock. Downloads everything once more to take the checksums."""
    with TemporaryDirectory(prefix="cascades-jars-") as part, ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        context = _context(Path(part), _Meter(0, progress))
        progress("resolving Apache Kafka's dependencies", None)
        version = _newest(context)
        artifacts = _artifacts(context, version)
        jars = pool.map(lambda artifact: _locked(artifact, _fetched(artifact)), artifacts)
        return JarLock(version, tuple(sorted(jars, key=lambda jar: jar.coordinate)))


def _context(repository: Path, meter: _Meter) -> MavenContext:
    remotes = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
    resolver = PythonResolver(progress_callback=meter.file)
    return MavenContext(resolver=resolver, repo_cache=repository, remote_repos=remotes, timeout=TIMEOUT_S)


def _newest(context: MavenContext) -> str:
    project = context.project(*BROKER)
    project.update()
    fours = [
        component.version
        for component in project.versions()
        if component.version.startswith("4.") and "-" not in component.version
    ]
    return max(fours, key=cmp_to_key(compare_versions))


def _artifacts(context: MavenContext, version: str) -> Iterable[Artifact]:
    broker, needed = context.resolver.resolve([context.create_dependency(":".join((*BROKER, version)))])
    found = {
        dep.artifact.artifactId: dep.artifact for dep in (*broker, *needed) if dep.artifact.artifactId not in NOT_NEEDED
    }
    logging = context.create_dependency(f"{LOGGING}:{found['slf4j-api'].version}").artifact
    return [*found.values(), logging]


def _locked(artifact: Artifact, path: Path) -> Jar:
    coordinate = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
    return Jar(coordinate, path.stat().st_size, jar_lock.sha256(path))


def _bring(context: MavenContext, home: Path, jar: Jar) -> None:
    got = _fetched(context.create_dependency(jar.coordinate).artifact)
    if not jar.matches(got):
        raise UnavailableError(
            f"{jar.name} arrived with {got.stat().st_size} bytes and SHA-256 {jar_lock.sha256(got)[:12]}…, but kafka.lock says {jar.size} bytes and "
            f"{jar.sha256[:12]}…. It was not kept. A proxy or mirror changed it, or the transfer broke off: run `make setup` again, from another network if that does not help."
        )
    got.replace(home / jar.name)


def _fetched(artifact: Artifact) -> Path:
    for left in reversed(range(TRIES)):
        try:
            return artifact.resolve()
        except (requests.RequestException, OSError, RuntimeError) as error:
            # What jgo wrote before it failed would pass for the whole file at the next try.
            if artifact.cached_path:
                artifact.cached_path.unlink(missing_ok=True)
            if not left:
                raise UnavailableError(_unreachable(artifact, error)) from error
            time.sleep(1.0)
    raise AssertionError


def _unreachable(artifact: Artifact, error: Exception) -> str:
    return (
        f"{artifact.filename} could not be downloaded ({type(error).__name__}: {str(error)[:200]}). Kafka's jars come once, over HTTPS, from the Maven "
        f"repository: check the network, set HTTPS_PROXY if a proxy is needed, or name a mirror under [repositories] in jgo's configuration "
        f"(~/.config/jgo.conf), then run `make setup` again. Without a network, copy the cache folder (CASCADES_CACHE_DIR, "
        f"by default ~/.cache/share-cascades) from a machine where `make setup` worked."
    )


class _Meter:
    """Adds the bytes of parallel downloads up to one figure."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total, self._progress = total, progress
        self._text = f"downloading Apache Kafka, {total / 1e6:.0f} MB" if total else "downloading Apache Kafka"
        self._bytes = 0
        self._lock = threading.Lock()

    @contextmanager
    def file(self, _name: str, _size: int) -> Iterator[Callable[[int], None]]:
        """What jgo asks for before each file: a context manager that yields a function to count bytes with."""
        yield self._count

    def _count(self, size: int) -> None:
        with self._lock:
            before, self._bytes = self._bytes, self._bytes + size
            # A report per 8 KiB chunk would cost more than the download.
            if before >> 18 != self._bytes >> 18:
                self._progress(self._text, min(self._bytes / self._total, 0.99) if self._total else None)

    def finish(self) -> None:
        """Say that all is there."""
        self._progress(self._text, 1.0)
