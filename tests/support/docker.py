"""Whether containers can be started here."""

from __future__ import annotations

import os
import socket


def no_docker_engine() -> str:
    """Why containers cannot be started, or '' when they can."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    scheme, _, path = host.partition("://")
    if scheme != "unix":
        return ""  # an engine elsewhere, set on purpose: failing to reach it is a failure
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError as error:
            return f"no Docker engine at {host}: {error.strerror}"
    return ""
