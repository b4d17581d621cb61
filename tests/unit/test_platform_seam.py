"""The seam between readers and the mappings of platforms."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.platforms import CONTEXT, KEY, NOW, mapped, one, samples, unknown

from pipeline.ingest import platform_docs
from pipeline.ingest.platforms import REGISTRY, Context
from pipeline.ingest.platforms.links import plain
from pipeline.ingest.platforms.reading import Json
from pipeline.ingest.platforms.seam import Scene, bounded
from schemas.platforms import PLATFORMS
from schemas.undo import ALIAS, decode, retraction_id
from schemas.wire import MAX_ATTRIBUTE_VALUE, MAX_ID

SEEN = {"mastodon:social.example:100": "mastodon:https://social.example/users/ann/statuses/100"}


@pytest.mark.parametrize("name", REGISTRY)
def test_a_mapping_makes_the_kinds_that_it_covers_and_every_one_of_them(name):
    made = {event.kind for sample in samples(name) for event in mapped(name, sample, contents=SEEN).events}
    assert made == REGISTRY[name].covers.kinds


@pytest.mark.parametrize("name", REGISTRY)
def test_no_sample_is_refused_and_each_makes_the_same_events_again(name):
    for sample in samples(name):
        assert mapped(name, sample) == mapped(name, sample)
        assert mapped(name, sample).refused == ()


@pytest.mark.parametrize(("name", "sample"), [(name, sample) for name in REGISTRY for sample in unknown(name)])
def test_an_unknown_shape_is_refused_with_its_payload_and_nothing_is_guessed(name, sample):
    answer = mapped(name, unknown(name)[sample])
    assert (answer.events, answer.undos) == ((), ())
    (refusal,) = answer.refused
    assert refusal.error.detail
    assert refusal.payload is not None


def test_every_mapping_is_of_a_known_platform_under_its_own_name():
    assert {mapping.platform for mapping in REGISTRY.values()} <= set(PLATFORMS)
    assert [mapping.name for mapping in REGISTRY.values()] == list(REGISTRY)


@pytest.mark.parametrize("name", REGISTRY)
def test_undos_name_an_act_by_its_id_or_its_alias(name):
    answers = [mapped(name, sample, contents=SEEN) for sample in samples(name)]
    events = [event for answer in answers for event in answer.events]
    known = {event.event_id for event in events} | {event.attributes.get(ALIAS) for event in events}
    assert {undo.target_event_id for answer in answers for undo in answer.undos} <= known


@pytest.mark.parametrize("name", REGISTRY)
def test_retractions_are_by_the_actor_of_their_target_or_verified(name):
    events = [event for sample in samples(name) for event in mapped(name, sample).events]
    actors = {event.event_id: event.actor_id for event in events}
    for event in events:
        if event.kind == "retract":
            assert "right" in event.attributes or actors[event.target_event_id] == event.actor_id
            assert event.event_id == retraction_id(event.target_event_id)


def test_the_campaign_and_the_audience_come_from_the_reader():
    found = one("bluesky", "repost", campaign_id="spring", audiences={"did:plc:bo": 77})
    assert (found.campaign_id, found.audience_size) == ("spring", 77)
    assert one("mastodon", "boost", audiences={"https://social.example/users/bo": 5}).audience_size == 40


def test_the_content_of_an_address_is_the_readers_to_decide():
    found = one("mailgun", "click", content_of=lambda url: f"page:{len(url)}")
    assert found.content_id == "page:27"

    def no_address(url):
        raise ValueError(url)

    assert mapped("mailgun", "click", content_of=no_address).refused[0].error.reason == "unknown_shape"


def test_a_short_key_would_be_guessed():
    with pytest.raises(ValueError, match="16 bytes"):
        Context(actor_key=b"short")


def test_an_event_that_the_contract_does_not_accept_is_refused_for_its_own_reason():
    found = samples("facebook")["post"]
    late = REGISTRY["facebook"].events(found, NOW, CONTEXT)
    early = REGISTRY["facebook"].events(found, late.events[0].occurred_at - timedelta(minutes=6), CONTEXT)
    assert early.refused[0].error.reason == "in_future"
    spoiled = {**found, "entry": [{**found["entry"][0], "id": "\x00"}]}
    spoiled["entry"][0]["changes"] = [
        {"field": "feed", "value": {**found["entry"][0]["changes"][0]["value"], "post_id": "a\x00b"}}
    ]
    assert mapped("facebook", spoiled).refused[0].error.reason == "bad_text"


def test_ids_that_are_too_long_keep_their_beginning_and_stay_apart():
    first, second = bounded("x" * 600 + "1"), bounded("x" * 600 + "2")
    assert len(first) <= MAX_ID
    assert first != second
    assert first[:400] == "x" * 400
    assert bounded("short") == "short"


def test_retractions_of_long_ids_stay_apart_too():
    first, second = retraction_id("x" * 511 + "1"), retraction_id("x" * 511 + "2")
    assert len(first) <= MAX_ID
    assert first != second


def test_attributes_are_cut_and_empty_ones_left_out():
    scene = Scene("web", NOW, CONTEXT)
    event = scene.event(
        "post", "e", content="c", actor="a", at=NOW, attributes={"url": "x" * 5000, "none": None, "empty": ""}
    )
    assert event.attributes == {"url": "x" * MAX_ATTRIBUTE_VALUE}


def test_a_pseudonym_depends_on_the_key_and_not_on_how_the_address_is_written():
    scene, other = Scene("email", NOW, CONTEXT), Scene("email", NOW, Context(actor_key=KEY[::-1]))
    assert scene.pseudonym("Ann@Example.com ") == scene.pseudonym("ann@example.com")
    assert scene.pseudonym("ann@example.com") != other.pseudonym("ann@example.com")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Film.Example/spring", "https://film.example/spring"),
        ("https://film.example", "https://film.example/"),
        ("https://film.example:443/a?b=1&utm_source=x&fbclid=y#top", "https://film.example/a?b=1"),
        ("http://film.example:8080/a?b=%20", "http://film.example:8080/a?b=%20"),
        ("https://user:secret@film.example/a", "https://film.example/a"),
        ("http://[::1]/a?empty=", "http://[::1]/a?empty="),
    ],
)
def test_an_address_is_written_in_one_way(url, expected):
    assert plain(url) == expected
    assert plain(plain(url)) == expected


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/",
        "mailto:ann@example.com",
        "/local",
        "http://",
        "http://[",
        "http://x:99999/",
        "javascript:alert(1)",
        "",
    ],
)
def test_what_is_no_page_has_no_content(url):
    with pytest.raises(ValueError, match=r".*"):
        plain(url)


def test_a_refusal_names_the_place_and_never_the_value():
    with pytest.raises(ValueError, match=r"payload\.from\.id: should be a text, not list") as raised:
        Json({"from": {"id": ["secret"]}})["from"]["id"].id()
    assert "secret" not in str(raised.value)


def test_an_undo_is_read_back_as_it_was_written():
    (undo,) = mapped("bluesky", "delete").undos
    assert undo.platform == "bluesky"
    with pytest.raises(ValueError, match="unknown"):
        decode(
            b'{"platform":"x","target_event_id":"x:1","actor_id":null,"occurred_at":"2026-01-01T00:00:00Z","unknown":1}'
        )


def test_the_page_about_platforms_is_current():
    assert not platform_docs.stale(), "run `make generate`"
    assert platform_docs.main(["--check"]) == 0


def test_a_stale_page_is_told_and_written_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(platform_docs, "PAGE", tmp_path / "platforms.md")
    assert platform_docs.main(["--check"]) == 1
    assert "make generate" in capsys.readouterr().err
    assert platform_docs.main([]) == 0
    assert platform_docs.main(["--check"]) == 0
