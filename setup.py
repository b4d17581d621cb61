"""Compiles the core (docs/decisions/0053). Without a C compiler, Cython or Python's headers the same sources run as plain Python.

All else about the project is in pyproject.toml.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CompileError, LinkError

CORE = Path("pipeline/cascade")
STATE = Path("build/core.sha256")
DIRECTIVES = {"language_level": 3, "infer_types": True, "annotation_typing": False, "cpow": True}


class BuildCore(build_ext):
    """All modules of the core, or none: a compiled module cannot work with a plain one."""

    def run(self) -> None:
        """A compiled module left over would shadow its source, so the old ones go first."""
        here = self.inplace or self.editable_mode
        for old in [*CORE.glob("*.so"), *CORE.glob("*.pyd")] if here else []:
            old.unlink()
        try:
            super().run()
        except (BaseError, CompileError, LinkError, OSError) as error:
            sys.stderr.write(f"the core is not compiled, it runs as plain Python: {error}\n")
            self.extensions = []
        else:
            if here and self.extensions:
                STATE.write_text(digest())


def digest() -> str:
    """Of the sources that were compiled: the tests refuse compiled modules of other sources."""
    sources = sorted(path for path in CORE.iterdir() if path.suffix in {".py", ".pyx", ".pxd"})
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def extensions() -> list[Extension]:
    """One per module that has a .pxd."""
    if find_spec("Cython") is None or not have_compiler():
        sys.stderr.write("the core is not compiled: that needs Cython and a C compiler (cc, or the package ziglang)\n")
        return []
    from Cython.Build import cythonize  # noqa: PLC0415 -- a build may do without Cython

    sources = [
        pyx if (pyx := pxd.with_suffix(".pyx")).exists() else pxd.with_suffix(".py") for pxd in CORE.glob("*.pxd")
    ]
    modules = [Extension(".".join(source.with_suffix("").parts), [str(source)]) for source in sorted(sources)]
    return cythonize(modules, build_dir="build/cython", compiler_directives=DIRECTIVES, quiet=True)


def have_compiler() -> bool:
    """Whether there is a C compiler; the package ziglang holds one."""
    wanted = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    if shutil.which(shlex.split(wanted)[0]):
        return True
    if find_spec("ziglang") is None:
        return False
    os.environ["CC"] = f"{sys.executable} -m ziglang cc"
    os.environ["LDSHARED"] = f"{os.environ['CC']} -shared"
    return True


if __name__ == "__main__":
    setup(
        ext_modules=extensions(), cmdclass={"build_ext": BuildCore}, options={"build_ext": {"parallel": os.cpu_count()}}
    )
