"""`kafka.lock`: the jars that make up the embedded Kafka, each with its size and SHA-256. It names no address."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

PATH = Path(__file__).with_name("kafka.lock")


@dataclass(frozen=True)
class Jar:
    """One jar, by its Maven coordinate `group:artifact:version`."""

    coordinate: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """File name in the cache."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"

    def matches(self, path: Path) -> bool:
        """Whether the file is there and has the locked bytes. Reads all of it."""
        return path.is_file() and path.stat().st_size == self.size and sha256(path) == self.sha256


@dataclass(frozen=True)
class JarLock:
    """A version of Kafka and every jar that its broker needs."""

    kafka: str
    jars: tuple[Jar, ...]

    @property
    def digest(self) -> str:
        """Short name of exactly these jars: another lock gets another cache folder."""
        return hashlib.sha256("".join(jar.sha256 for jar in self.jars).encode()).hexdigest()[:12]

    @property
    def size(self) -> int:
        """Bytes of all jars."""
        return sum(jar.size for jar in self.jars)


def read(path: Path = PATH) -> JarLock:
    """The lock as checked in."""
    raw = json.loads(path.read_text())
    return JarLock(raw["kafka"], tuple(Jar(**jar) for jar in raw["jars"]))


def write(lock: JarLock, path: Path = PATH) -> None:
    """Replace the checked-in lock."""
    path.write_text(json.dumps(asdict(lock), indent=1) + "\n")


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
