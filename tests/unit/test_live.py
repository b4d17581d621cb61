"""`demo --for` ends well only when figures have moved for so long, counted from the first visible one."""

from __future__ import annotations

import pytest

from pipeline.commands.live import FIRST_FIGURE_S, STILL_S, Figures, Moving
from pipeline.errors import UnavailableError


class Clock:
    at = 0.0

    def now(self) -> float:
        return self.at


def test_time_counts_from_the_first_figure() -> None:
    clock = Clock()
    moving = Moving(clock.now)
    for second in range(100):
        clock.at = float(second)
        moving.see(Figures(contents=3, nodes=second) if second >= 40 else Figures())
        if moving.done(30):
            break
    assert clock.at == 70


def test_no_figure_at_all_is_an_error() -> None:
    clock = Clock()
    moving = Moving(clock.now)
    clock.at = FIRST_FIGURE_S + 1
    moving.see(Figures())
    with pytest.raises(UnavailableError, match="no figure was visible"):
        moving.done(10)


def test_figures_that_never_move_are_an_error_however_short_the_time() -> None:
    clock = Clock()
    moving = Moving(clock.now)
    moving.see(Figures(contents=3, nodes=5))
    clock.at = 5
    moving.see(Figures(contents=3, nodes=5))
    with pytest.raises(UnavailableError, match="stood still"):
        moving.done(5)


def test_figures_that_stop_moving_are_an_error_before_the_time_is_over() -> None:
    clock = Clock()
    moving = Moving(clock.now)
    for second in range(10):
        clock.at = float(second)
        moving.see(Figures(contents=3, nodes=second))
    clock.at = 9 + STILL_S
    assert not moving.done(60)
    clock.at += 0.1
    with pytest.raises(UnavailableError, match="stood still for 15 s"):
        moving.done(60)
