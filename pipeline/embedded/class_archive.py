"""Kafka's classes in ready form (JEP 514): with the archive a broker is up in about a second instead of four.

A broker is started once on an empty folder and Java notes what it loads. The archive fits one runtime, one set of jars and one set of
options, all in its name; Java passes over one that does not fit.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipeline.embedded import java
from pipeline.embedded.files import exclusive
from pipeline.embedded.kafka import EmbeddedKafka
from pipeline.errors import CascadesError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.embedded.progress import Progress

WRITING_DEADLINE_S = 120.0


def ensure(jars: Sequence[Path], progress: Progress) -> bool:
    """Make the archive if there is none. It is a convenience: on any failure Kafka starts without it, and this returns False."""
    archive = java.archive(jars)
    with exclusive(archive.parent / ".archive.lock"):
        if not archive.exists():
            progress("preparing Kafka for quick starts, about 10 s", None)
            with suppress(CascadesError, OSError):
                _make(archive)
    return archive.exists()


def _make(archive: Path) -> None:
    for other in archive.parent.glob("classes-*"):
        other.unlink()
    draft = archive.with_suffix(".part")
    with TemporaryDirectory(prefix="cascades-kafka-") as folder:
        kafka = EmbeddedKafka(Path(folder), cache_dir=archive.parent.parent)
        try:
            kafka.start([f"-XX:AOTCacheOutput={draft}"])
        finally:
            kafka.stop(WRITING_DEADLINE_S)  # Java writes the archive at its end
    draft.replace(archive)
