"""The core makes the right depth and reach of what each platform tells, and undoes it."""

from __future__ import annotations

from support.platform_samples import (
    activitypub,
    bluesky,
    facebook,
    news,
    pinterest,
    reddit,
    tumblr,
    twitter,
    webmention,
)
from support.platforms import CONTEXT, NOW, REGISTRY, Context

from pipeline.cascade import Content, fold, freeze
from schemas.rows import Blocks
from schemas.undo import ALIAS, retraction_id
from schemas.wire import WireEvent, micros


def cascade(name, *payloads, content_id, audiences=None, contents=None):
    """The content after these payloads; what an undo names is found among what came before, as the resolver will."""
    context = Context(actor_key=CONTEXT.actor_key, audiences=audiences or {}, contents=contents or {})
    content, seen = Content(content_id, {}), {}
    for payload in payloads:
        answer = REGISTRY[name].events(payload, NOW, context)
        assert not answer.refused
        made = [*answer.events, *(resolved(one, seen) for one in answer.undos)]
        for event in made:
            seen |= {event.event_id: event, event.attributes.get(ALIAS): event}
            if event.content_id == content_id:
                fold(content, event, micros(event.occurred_at))
    blocks = Blocks()
    freeze(content, partition=0, offset=1, version=1, out=blocks)
    row = dict(zip(blocks["contents"].names, blocks["contents"].rows[-1], strict=True))
    return {
        name: row[name]
        for name in ("depth", "depth_exact", "shares", "likes", "comments", "secondary_reach", "retracted")
    }


def resolved(undo, seen):
    target = seen[undo.target_event_id]
    return WireEvent(
        event_id=retraction_id(target.event_id), kind="retract", platform=undo.platform, content_id=target.content_id,
        actor_id=undo.actor_id or target.actor_id, occurred_at=undo.occurred_at, target_event_id=target.event_id,
    )  # fmt: skip


FIGURES = ("depth", "depth_exact", "shares", "secondary_reach", "retracted")


def figures(row):
    return tuple(row[name] for name in FIGURES)


def test_bluesky_via_makes_exact_depth_and_a_deletion_takes_the_reach_but_not_the_depth():
    samples, content = bluesky.SAMPLES, f"bluesky:{bluesky.ROOT}"
    audiences = {bluesky.ANN: 1000, bluesky.BO: 70, bluesky.CY: 5}
    chain = [samples["post"], samples["repost"], samples["repost via"]]
    # The first repost names the original only: of the two steps, the last is exact.
    assert figures(cascade("bluesky", *chain, content_id=content, audiences=audiences)) == (2, 2, 2, 75, 0)
    assert figures(cascade("bluesky", *chain, samples["delete"], content_id=content, audiences=audiences)) == (
        2,
        2,
        1,
        5,
        1,
    )


def test_a_chain_on_pinterest_is_as_deep_as_it_is_long():
    pins = [pinterest.pin("501"), *(pinterest.pin(str(name), parent_pin_id=str(name - 1)) for name in range(502, 506))]
    seen = {f"pinterest:{name}": "pinterest:501" for name in range(501, 506)}
    row = cascade("pinterest", *pins, content_id="pinterest:501", contents=seen, audiences={"garden": 10})
    assert (row["depth"], row["depth_exact"], row["shares"]) == (4, 4, 4)


def test_notes_of_tumblr_find_the_parents_reblog_by_its_blog():
    row = cascade("tumblr", tumblr.SAMPLES["notes"], content_id="tumblr:1000")
    assert (row["depth"], row["depth_exact"], row["shares"], row["likes"], row["comments"]) == (2, 2, 2, 1, 1)


def test_tokens_on_a_news_page_make_exact_depth():
    beacons = [news.beacon("share", f"t{number}", f"t{number - 1}" if number else None) for number in range(5)]
    row = cascade("news", beacons, content_id="web:https://news.example/story")
    assert (row["depth"], row["depth_exact"], row["shares"]) == (5, 5, 5)


def test_reposts_of_a_quote_on_twitter_hang_on_it():
    samples, content = twitter.SAMPLES, f"twitter:{twitter.ROOT}"
    row = cascade(
        "twitter",
        samples["post"],
        samples["v1 quote"],
        samples["v1 repost of a quote"],
        samples["repost"],
        content_id=content,
    )
    assert (row["depth"], row["depth_exact"], row["shares"], row["secondary_reach"]) == (2, 1, 3, 84)


def test_a_repost_that_is_deleted_on_twitter_counts_no_more():
    samples, content = twitter.SAMPLES, f"twitter:{twitter.ROOT}"
    row = cascade("twitter", samples["post"], samples["repost"], samples["delete"], content_id=content)
    assert figures(row) == (1, 1, 0, 0, 1)


def test_an_announce_is_undone_by_its_object_and_by_its_id():
    samples, content = activitypub.SAMPLES, f"mastodon:{activitypub.ROOT}"
    for undo in ("undo", "undo by id"):
        row = cascade("activitypub", samples["announce"], samples["like"], samples[undo], content_id=content)
        assert (row["shares"], row["likes"], row["retracted"]) == (0, 1, 1)


def test_likes_and_comments_on_facebook_are_taken_back():
    samples = facebook.SAMPLES
    given = [samples[name] for name in ("post", "reaction", "comment", "answer", "polled")]
    taken = [samples["reaction removed"], samples["comment removed"]]
    before = cascade("facebook", *given, content_id=f"facebook:{facebook.POST}")
    after = cascade("facebook", *given, *taken, content_id=f"facebook:{facebook.POST}")
    assert (before["likes"], before["comments"], before["shares"], before["retracted"]) == (1, 2, 2, 0)
    assert (after["likes"], after["comments"], after["shares"], after["retracted"]) == (0, 1, 2, 2)


def test_a_removal_counts_though_the_person_was_left_out_before():
    unnamed = facebook.change(
        {
            "item": "comment",
            "verb": "add",
            "comment_id": "7001_1",
            "post_id": facebook.POST,
            "parent_id": facebook.POST,
            "created_time": 1700000010,
        }
    )
    row = cascade("facebook", unnamed, facebook.SAMPLES["comment removed"], content_id=f"facebook:{facebook.POST}")
    assert (row["comments"], row["retracted"]) == (0, 1)


def test_a_crosspost_that_is_deleted_and_a_page_that_is_gone_count_no_more():
    crossposts = [reddit.SAMPLES["submission"], reddit.SAMPLES["crosspost"]]
    row = cascade("reddit", *crossposts, reddit.SAMPLES["deleted crosspost"], content_id="reddit:t3_a1")
    assert figures(row) == (1, 1, 0, 0, 1)
    gone = cascade(
        "webmention", webmention.SAMPLES["repost"], webmention.SAMPLES["gone"], content_id=f"web:{webmention.TARGET}"
    )
    assert figures(gone) == (1, 1, 0, 0, 1)
