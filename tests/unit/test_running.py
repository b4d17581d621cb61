"""The stack of `cascades up` and `cascades demo`: what its processes are told."""

from __future__ import annotations

import pytest

from pipeline.commands.running import _others, _with_ports, environment
from pipeline.config import Settings


@pytest.mark.parametrize("given", ["", "https://cascades.example.org"])
def test_alerts_lead_to_the_page_of_the_stack_unless_another_address_is_set(given):
    asked = _with_ports(Settings(page_port=0, metrics_port=0, page_public_url=given))
    told = environment(asked)["CASCADES_PAGE_PUBLIC_URL"]
    assert told == (given or f"http://127.0.0.1:{asked.page_port}")


@pytest.mark.parametrize(
    ("asked", "started"),
    [
        ({}, ["resolve"]),
        ({"infer": " "}, ["resolve"]),
        ({"infer": "twitter=rt_text"}, ["resolve", "infer"]),
        (
            {"infer": "twitter=rt_text", "notify_channels_file": "channels.yaml", "links": "{}"},
            ["resolve", "notify", "ingest", "infer"],
        ),
    ],
    ids=["nothing", "blank", "infer", "all"],
)
def test_the_stack_starts_what_the_settings_ask_for(asked, started):
    assert _others(Settings(**asked)) == started
