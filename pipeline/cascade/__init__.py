"""The pure core: `fold` puts an event into the state of its content, `freeze` reads rows out of it. No I/O, no clock, no randomness."""

from pipeline.cascade.blocks import Events, Packed
from pipeline.cascade.checked import events_of
from pipeline.cascade.content import Content
from pipeline.cascade.fold import Outcome, fold
from pipeline.cascade.freeze import discard, freeze, hide, is_behind, suspect
from pipeline.cascade.held import HeldContent
from pipeline.cascade.moments import micros
from pipeline.cascade.restoring import Restored, emptied, restore
from pipeline.cascade.rolling import Window, windows
from pipeline.cascade.run import Run
from pipeline.cascade.tree import __file__ as _core

COMPILED = not _core.endswith(".py")
"""Whether the core runs as C (see setup.py), or as plain Python. The figures are the same."""

__all__ = [
    "COMPILED",
    "Content",
    "Events",
    "HeldContent",
    "Outcome",
    "Packed",
    "Restored",
    "Run",
    "Window",
    "discard",
    "emptied",
    "events_of",
    "fold",
    "freeze",
    "hide",
    "is_behind",
    "micros",
    "restore",
    "suspect",
    "windows",
]
