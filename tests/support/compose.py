"""`deploy/compose.yaml` as tests see it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PATH = DEPLOY / "compose.yaml"


def compose() -> dict[str, Any]:
    """The file, merges resolved."""
    return yaml.safe_load(PATH.read_text("utf-8"))


def compose_command() -> list[str] | None:
    """Docker Compose, as a plugin of the client or on its own; None where there is none. `config` needs no engine."""
    for command in (["docker", "compose"], ["docker-compose"]):
        found = shutil.which(command[0]) and subprocess.run(
            [*command, "version", "--short"], capture_output=True, text=True, check=False
        )
        if found and found.returncode == 0 and found.stdout.strip().lstrip("v").split(".")[0] not in {"", "1"}:
            return command
    return None


def variables() -> list[str]:
    """The names in `.env.example`: what somebody has to fill in."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
