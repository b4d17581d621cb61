"""Moments as numbers. This is the plain form; `moments.pyx` is the compiled one, with the same results."""

from __future__ import annotations

from schemas.wire import micros

__all__ = ["micros"]
