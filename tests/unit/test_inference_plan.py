"""Which platform is served by which methods."""

from __future__ import annotations

import pytest

from pipeline.config import Settings
from pipeline.errors import UsageError
from pipeline.ingest.inference import plan


def test_each_platform_has_its_methods_in_the_order_asked_for(tmp_path):
    path = tmp_path / "follows.csv"
    path.write_text("follower,followed\nc,b\n")
    made = plan.of_settings(
        Settings(infer="twitter=rt_text+probable, bluesky = exposed+probable", infer_follows_file=str(path))
    )
    assert {platform: list(methods) for platform, methods in made.items()} == {
        "twitter": ["rt_text", "probable"],
        "bluesky": ["exposed", "probable"],
    }


@pytest.mark.parametrize(
    "text", ["twitter", "twitter=", "=rt_text", "twitter=magic", "twitter=rt_text,twitter=probable", "twitter=rt_text,"]
)
def test_what_is_no_plan_is_refused_with_the_methods_there_are(text):
    with pytest.raises(UsageError, match=r"CASCADES_INFER.*rt_text, exposed, exposed_post_first, probable"):
        plan.of_settings(Settings(infer=text))


def test_nothing_is_inferred_unless_asked_for():
    with pytest.raises(UsageError, match="set CASCADES_INFER"):
        plan.of_settings(Settings())


def test_the_method_of_a_follow_graph_asks_for_the_graph():
    with pytest.raises(UsageError, match="CASCADES_INFER_FOLLOWS_FILE"):
        plan.of_settings(Settings(infer="bluesky=exposed"))
