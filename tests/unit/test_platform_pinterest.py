"""What Pins mean."""

from __future__ import annotations

from support.platform_samples.pinterest import pin
from support.platforms import one, short, told, totals


def test_a_first_pin_is_a_content_with_its_totals():
    posted, *counters = told("pinterest", "pin")
    assert short(posted) == ("post", "pinterest:501", "pinterest:501", "garden", None, "none")
    assert posted.attributes == {"url": "https://garden.example/roses"}
    assert totals(counters) == {"share": 5, "like": 10, "comment": 2, "click": 30, "view": 200}


def test_a_saved_pin_names_the_pin_it_was_saved_from_and_no_totals_that_would_overwrite_the_firsts():
    assert short(one("pinterest", "repins")) == (
        "repin",
        "pinterest:502",
        "pinterest:501",
        "bo",
        "pinterest:501",
        "exact",
    )


def test_a_chain_reaches_the_first_pin_where_it_was_seen():
    found = one("pinterest", pin("503", parent_pin_id="502"), contents={"pinterest:502": "pinterest:501"})
    assert (found.content_id, found.parent_event_id) == ("pinterest:501", "pinterest:502")


def test_older_archives_have_the_audience_and_the_person():
    found = one("pinterest", "old repin")
    assert short(found)[:4] == ("repin", "pinterest:503", "pinterest:502", "cy")
    assert (found.audience_size, found.parent_actor_id) == (321, "bo")
    assert found.occurred_at.isoformat() == "2024-03-01T12:00:00+00:00"
