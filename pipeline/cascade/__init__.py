"""The pure core: `fold` puts an event into the state of its content, `freeze` reads rows out of it. No I/O, no clock, no randomness."""

from pipeline.cascade.content import Content
from pipeline.cascade.facts import encode as encode_fact
from pipeline.cascade.facts import replay, restore
from pipeline.cascade.fold import Outcome, fold
from pipeline.cascade.freeze import discard, freeze
from pipeline.cascade.minutes import Window, windows

__all__ = ["Content", "Outcome", "Window", "discard", "encode_fact", "fold", "freeze", "replay", "restore", "windows"]
