"""Where each peer runs: a Python environment or a Java build of its own in the cache, made when first needed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PEERS = Path(__file__).with_name("peers")
JAVA_PEERS = ("flink", "kstreams")
OPENED = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in ("util", "lang", "time")]


class MissingError(Exception):
    """This machine cannot run a peer; the text is the reason for the table."""


def python_peer(name: str, say: Callable[[str], None]) -> list[str]:
    """The command of a Python peer, in an environment with exactly what `peers/NAME.lock` says."""
    lock = PEERS / f"{name}.lock"
    folder = _cache(name, lock.read_bytes() + sys.version.encode())
    interpreter = folder / "bin" / "python"
    if not (folder / "made").exists():
        say(f"{name}: making its environment")
        uv = _tool("uv")
        shutil.rmtree(folder, ignore_errors=True)
        _run(name, [uv, "venv", "--quiet", "--python", sys.executable, folder])
        _run(name, [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", interpreter, lock])
        (folder / "made").touch()
    return [str(interpreter), str(PEERS / name / "app.py")]


def java_peer(name: str, say: Callable[[str], None]) -> list[str]:
    """The command of a Java peer, built by Maven from `peers/NAME`."""
    for tool in ("java", "javac", "mvn"):
        _tool(tool)
    sources = sorted(path for path in (PEERS / name).rglob("*") if path.is_file())
    folder = _cache(name, b"".join(path.read_bytes() for path in sources))
    if not (folder / "made").exists():
        say(f"{name}: building with Maven")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(PEERS / name, folder)
        goals = ["package", "dependency:copy-dependencies", "-DoutputDirectory=libs"]
        _run(name, ["mvn", "-q", "-B", "-f", folder / "pom.xml", *goals])
        (folder / "made").touch()
    logging = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    return ["java", "-Xmx2g", *OPENED, logging, "-cp", f"{folder}/target/*:{folder}/libs/*", "Peer"]


def _cache(name: str, made_of: bytes) -> Path:
    return Settings().cache_dir / "benchmarks" / f"{name}-{sha256(made_of).hexdigest()[:12]}"


def _tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise MissingError(f"no {name} on this machine")
    return found


def _run(name: str, command: Sequence[object]) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr + done.stdout).strip().splitlines()[-1:] or ["no output"]
        raise MissingError(f"{name} could not be made ready: {last[0][:200]}")
