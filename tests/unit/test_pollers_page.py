"""docs/pollers.md says what the options are."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.ingest.collect.options_docs import rows
from pipeline.ingest.collect.pollers import KINDS, PLATFORMS

PAGE = (Path(__file__).parents[2] / "docs" / "pollers.md").read_text()
COMMON = [row for row in rows("tumblr") if all(row in rows(kind) for kind in KINDS)]


def table(title):
    """The rows of the table under a line."""
    return [
        line
        for line in PAGE.partition(f"\n{title}:\n")[2].lstrip().split("\n\n")[0].splitlines()
        if line.startswith("| `")
    ]


def test_the_page_has_what_all_pollers_share():
    assert table("All pollers") == COMMON


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_page_has_every_option_of_each_platform_as_it_is(kind):
    assert table(f"`{kind}`") == [row for row in rows(kind) if row not in COMMON]


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_the_page_has_what_may_be_asked_an_hour(platform):
    assert f"| {platform.per_hour:,} |" in PAGE
