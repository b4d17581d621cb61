"""Loopback ports: whether one is free, who has it if not, and one that nobody has."""

from __future__ import annotations

import random
import socket

import psutil

from pipeline.errors import UnavailableError

LOOPBACK = "127.0.0.1"
UNREGISTERED = range(20_000, 32_000)
"""Below what systems hand out for outgoing connections, so that none takes the port between our choice and its use."""


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now. Connections that are only being forgotten by the kernel do not count.

    The probe does not listen: a process that another thread forks meanwhile has it open for a moment, and would keep the port taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def accepts(port: int) -> bool:
    """Whether a server answers on the port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def choose() -> int:
    """A free port. Another process may take it before it is used: the caller's start then fails and may be tried again."""
    for port in random.sample(UNREGISTERED, 200):
        if is_free(port):
            return port
    raise UnavailableError("no free port was found on 127.0.0.1: far too many servers are running on this machine")


def require(port: int, purpose: str, setting: str) -> None:
    """Raise UnavailableError when the port is in use; it names the process that has it, if the system tells, and the setting to change."""
    if not is_free(port):
        owner = _owner(port)
        stop = f"stop that process (process id {owner.pid}), or" if owner else "stop the process that has it, or"
        who = f" by {owner.name()} (process id {owner.pid})" if owner else ""
        raise UnavailableError(
            f"port {port}, needed for {purpose}, is in use{who}: {stop} choose another port with {setting}"
        )


def _owner(port: int) -> psutil.Process | None:
    """The process that listens on the port; None when the system does not tell (another user's process)."""
    try:
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr[1] == port
                and connection.pid
            ):
                return psutil.Process(connection.pid)
    except psutil.Error:
        return None
    return None
