"""The last wall, on Linux: the kernel (Landlock) lets this process touch its data folder and its port, and run nothing.

The guard and the engine's grants refuse by what a query says; this holds whatever it says. Where the kernel has no Landlock, or on
another system, the process runs without it.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, the same number on every architecture
_VERSION_FLAG = 1
_PATH_RULE, _PORT_RULE = 1, 2
_NO_NEW_PRIVILEGES = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _DEVICE = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE
_BIND, _CONNECT = 1 << 0, 1 << 1
_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}  # how many rights on files a version of Landlock knows
_RIGHTS_NOW = 16
_WITH_PORTS = 4
# What an interpreter, its libraries and the engine read while they run: code, facts about this machine, the local time zone.
_READ = (
    *("/usr", "/lib", "/lib64", "/bin", "/opt", "/sys/devices", "/sys/fs/cgroup", "/sys/kernel/mm"),
    *("/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/sys", "/proc/filesystems", "/proc/loadavg"),
    *("/etc/localtime", "/etc/timezone", "/etc/ld.so.cache", "/dev/urandom", "/dev/random", "/dev/zero"),
)


def enter(data: Path, port: int) -> bool:
    """Shut the door behind this thread and all it will start: call it before there are others. Returns whether there is a door."""
    known = version()
    if known < 1:
        return False
    rights = (1 << _RIGHTS_BY_VERSION.get(known, _RIGHTS_NOW)) - 1
    ports = _BIND | _CONNECT if known >= _WITH_PORTS else 0
    attributes = struct.pack("<QQ", rights, ports)[: 16 if ports else 8]
    rules = _call(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    try:
        for path in _readable():
            _allow(rules, path, (_READ_FILE | _READ_FOLDER) & rights)
        _allow(rules, Path(os.devnull), (_READ_FILE | _WRITE_FILE | _TRUNCATE) & rights)
        _allow(rules, data, rights & ~_EXECUTE)
        if ports:
            _call(_ADD, rules, _PORT_RULE, struct.pack("<QQ", _BIND, port), 0)
        _libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)
    return True


def _readable() -> Iterable[Path]:
    here = Path(__file__).resolve().parents[3]  # the checkout, or site-packages
    names = (*_READ, sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path)
    return {here, *(Path(name) for name in names if name)} - {Path("/")}


def _allow(rules: int, path: Path, rights: int) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        rights &= _OF_FILES
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _call(_ADD, rules, _PATH_RULE, struct.pack("<Qi", rights, handle), 0)
    finally:
        os.close(handle)


def version() -> int:
    """The version of Landlock that the kernel has; 0 or less without."""
    return _libc().syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION_FLAG) if sys.platform == "linux" else 0


def _call(number: int, *arguments: int | bytes | ctypes.c_size_t) -> int:
    answer: int = _libc().syscall(number, *arguments)
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return answer


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
