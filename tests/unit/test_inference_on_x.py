"""From X's payloads to a guessed parent: texts name people by their handles, ids are numbers."""

from __future__ import annotations

import pytest
from support.platform_samples.twitter import ANN, BO, ME, QUOTE, ROOT, post, refers, status, user
from support.platforms import told

from pipeline.ingest.inference.rt_text import CONFIDENCE, RtText
from pipeline.ingest.inference.sharers import Sharers
from pipeline.ingest.inference.step import Step

BY_BO, BY_ANN = "1900000000000000031", "1900000000000000032"
LATER = {1: "Wed Aug 12 18:11:00 +0000 2026", 2: "2026-08-12T18:11:00.000Z"}


def guessed(*payloads):
    """What `cascades infer` adds to the log of these payloads."""
    step = Step({"twitter": {"rt_text": RtText()}}, Sharers(window_ms=60_000))
    events = [event for payload in payloads for event in told("twitter", payload)]
    return [made.event for at_ms, event in enumerate(events) if (made := step.take(event, at_ms))]


def repost_v1(name, who, text, **facts):
    return status(name, who, retweeted_status=status(ROOT, ME), text=text, **facts)


def repost_v2(name, who, text, **facts):
    return {"data": post(name, who, **refers("retweeted", ROOT), text=text, **facts), "includes": {"users": PEOPLE}}


PEOPLE = [user(who, 10) for who in (ME, ANN, BO)]
V1 = (
    status(ROOT, ME),
    repost_v1(BY_BO, BO, "RT @me: Hello"),
    repost_v1(BY_ANN, ANN, "RT @Bo: RT @me: Hello", created_at=LATER[1]),
)
V2 = (
    {"data": post(ROOT, ME), "includes": {"users": PEOPLE}},
    repost_v2(BY_BO, BO, "RT @user1: Hello"),
    repost_v2(BY_ANN, ANN, "RT @User3: RT @user1: Hello", created_at=LATER[2]),
)


@pytest.mark.parametrize("payloads", [V1, V2], ids=["v1", "v2"])
def test_a_repost_whose_text_names_an_earlier_sharer_came_through_that_one(payloads):
    (found,) = guessed(*payloads)
    assert (found.event_id, found.parent_event_id) == (f"twitter:{BY_ANN}", f"twitter:{BY_BO}")
    assert (found.parent_actor_id, found.parent_basis) == (BO, "inferred")
    assert (found.attributes["inferred_by"], found.attributes["inferred_confidence"]) == ("rt_text", f"{CONFIDENCE}")


def test_a_repost_of_a_quote_by_hand_came_through_the_quote():
    quote = status(QUOTE, BO, quoted_status_id_str=ROOT, is_quote_status=True, text="RT @ann: look")
    (found,) = guessed(
        status(ROOT, ME),
        quote,
        status(BY_ANN, ANN, retweeted_status=quote, text="RT @bo: RT @ann: look", created_at=LATER[1]),
    )
    assert (found.content_id, found.parent_event_id) == (f"twitter:{ROOT}", f"twitter:{QUOTE}")


def test_a_repost_of_what_was_retweeted_by_hand_stays_on_that_post():
    by_hand = status(ROOT, BO, text="RT @me: Hello")
    repost = status(BY_ANN, ANN, retweeted_status=by_hand, text="RT @bo: RT @me: Hello", created_at=LATER[1])
    assert guessed(by_hand, repost) == []


@pytest.mark.parametrize("number", range(2), ids=["v1", "v2"])
def test_a_sharer_whose_handle_is_not_told_is_not_found_by_it(number):
    root, first, second = (V1, V2)[number]
    nameless = first | ({"user": {"id_str": BO}} if number == 0 else {"includes": {"users": PEOPLE[:2]}})
    assert guessed(root, nameless, second) == []
