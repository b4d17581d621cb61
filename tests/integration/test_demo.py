"""The demo end to end, as the process that a person starts."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from support.demo import Cascades

if TYPE_CHECKING:
    from pathlib import Path

CONTENTS = "SELECT count() FROM cascades.v_content"


def test_demo_for_ten_seconds_shows_moving_contents_and_leaves_nothing_behind() -> None:
    with Cascades("demo", "--for", "10", "--rate", "50") as demo:
        assert int(demo.until(CONTENTS)) > 0
        with urlopen(f"http://127.0.0.1:{demo.page_port}/readyz", timeout=20) as page:
            assert page.status == 200
        before = int(demo.until("SELECT sum(size) FROM cascades.v_content"))
        demo.until(f"SELECT sum(size) > {before} FROM cascades.v_content")
        demo.until("SELECT count() FROM cascades.v_dead_letters")
        assert demo.wait() == 0, demo.said
        assert f"http://127.0.0.1:{demo.page_port}" in demo.said
        assert "Traceback" not in demo.said
        assert len(demo.seen) >= 4
        assert demo.left_behind() == []


@pytest.mark.extended
def test_ctrl_c_stops_everything_cleanly(tmp_path: Path) -> None:
    with Cascades("demo", "--data", str(tmp_path / "data")) as demo:
        demo.until(CONTENTS)
        demo.process.send_signal(signal.SIGINT)
        assert demo.wait() == 0, demo.said
        assert "Traceback" not in demo.said
        assert demo.left_behind() == []
    assert (tmp_path / "data" / "logs" / "worker.log").exists()


@pytest.mark.extended
def test_ctrl_c_before_the_seconds_are_over_is_no_success() -> None:
    with Cascades("demo", "--for", "600") as demo:
        demo.until_said("starting")
        demo.process.send_signal(signal.SIGINT)
        assert demo.wait() == 130, demo.said
        assert "Traceback" not in demo.said
        assert demo.left_behind() == []


def test_a_part_that_dies_is_shown_with_its_log_and_ends_the_demo(tmp_path: Path) -> None:
    with Cascades("demo", "--data", str(tmp_path / "data")) as demo:
        demo.until(CONTENTS)
        (worker,) = [
            child
            for child in demo.look_at_children()
            if child.cmdline()[-1:] == ["worker"] and "pipeline.cli" in child.cmdline()[2]
        ]
        worker.kill()
        assert demo.wait() == 1, demo.said
        assert "worker ended unexpectedly with exit code 137" in demo.said
        assert demo.left_behind() == []


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("page_port", "CASCADES_PAGE_PORT"),
        ("kafka_port", "CASCADES_KAFKA_BOOTSTRAP"),
        ("clickhouse_port", "CASCADES_CLICKHOUSE_URL"),
    ],
)
def test_a_port_in_use_is_named_with_the_setting_to_change(name: str, setting: str) -> None:
    demo = Cascades("demo", "--for", "10")
    with socket.create_server(("127.0.0.1", getattr(demo, name))), demo:
        assert demo.wait(60) == 1
        assert "is in use" in demo.said
        assert setting in demo.said
        assert "Traceback" not in demo.said
        assert demo.left_behind() == []
