from __future__ import annotations

import io

import pytest

from pipeline.embedded.progress import Waiting, console, silent


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_log_gets_a_line_for_each_new_text_and_each_tenth_of_the_way():
    out = io.StringIO()
    report = console(out)
    for percent in range(0, 101, 2):
        report("jars", percent / 100)
    report("starting", None)
    report("starting", None)
    assert len(out.getvalue().splitlines()) == 12
    assert out.getvalue().splitlines()[-2:] == ["jars 100%", "starting"]


def test_a_terminal_gets_one_line_that_is_rewritten_and_kept_at_its_end():
    out = Terminal()
    report = console(out)
    report("jars", 0.5)
    report("jars", 1.0)
    assert out.getvalue() == "\r\x1b[Kjars  50%\r\x1b[Kjars 100%\n"


def test_a_wait_is_told_once_a_second():
    told, seconds = [], iter([0.0, 0.2, 0.9, 1.1, 1.2, 3.5])
    wait = Waiting("Kafka: starting", lambda text, _done: told.append(text), now=lambda: next(seconds))
    for _ in range(5):
        wait.tick()
    assert told == ["Kafka: starting …", "Kafka: starting … 1 s", "Kafka: starting … 3 s"]


@pytest.mark.parametrize("done", [None, 0.5])
def test_silence_is_silent(done, capsys):
    silent("text", done)
    assert capsys.readouterr() == ("", "")
