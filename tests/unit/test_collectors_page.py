"""docs/collectors.md says what the options are."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.ingest.collect.options_docs import rows

PAGE = Path(__file__).parents[2] / "docs" / "collectors.md"


@pytest.mark.parametrize("kind", ["bluesky", "mastodon", "stream"])
def test_the_page_has_every_option_as_it_is(kind):
    (section,) = [part for part in PAGE.read_text().split("\n## ") if part.startswith(f"`{kind}`")]
    assert [line for line in section.splitlines() if line.startswith("| `")] == rows(kind)
