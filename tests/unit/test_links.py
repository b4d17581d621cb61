"""Tracked links: a token for each visit, exact parents over every channel, nobody counted who is none or does not want to be."""

from __future__ import annotations

import base64
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.doors import NOW_S, opened
from support.links import LINK, LINKS, PERSON, Person, token_of

from pipeline.errors import UsageError
from pipeline.ingest.links.token import CHANNELS, LENGTH, ROOT, Token, issue, read
from pipeline.ingest.links.visitors import Visitor, judge, owner

KEY, OLD_KEY = b"the new secret of links", b"the old secret of links"
TOKENS = st.builds(
    Token,
    link=st.binary(min_size=4, max_size=4),
    issued_s=st.integers(0, 2**32 - 1),
    generation=st.integers(0, 255),
    channel=st.sampled_from(CHANNELS),
    owner=st.integers(0, 65535),
    parent=st.binary(min_size=8, max_size=8),
    nonce=st.binary(min_size=5, max_size=5),
)


@given(TOKENS)
def test_a_token_says_what_was_written_to_whoever_has_a_live_key(token):
    written = token.write(KEY)
    assert len(written) == LENGTH
    assert written.replace("-", "").replace("_", "").isalnum()
    assert read(written, [KEY]) == read(written, [OLD_KEY, KEY]) == token
    assert read(written, [OLD_KEY]) is None
    assert read(written, []) is None


@given(TOKENS, st.integers(0, 36 * 8 - 1))
def test_a_token_with_one_bit_changed_is_none(token, bit):
    raw = bytearray(base64.urlsafe_b64decode(token.write(KEY)))
    raw[bit // 8] ^= 1 << bit % 8
    assert read(base64.urlsafe_b64encode(raw).decode(), [KEY]) is None


@given(st.text(max_size=60))
def test_no_other_text_is_a_token(text):
    assert read(text, [KEY]) is None


def test_visits_of_the_same_second_differ_and_know_their_parent():
    first = issue(b"link", NOW_S, 7, None, "web")
    others = [issue(b"link", NOW_S, 7, first, "email") for _ in range(1000)]
    assert first.parent == ROOT
    assert {one.parent for one in others} == {first.id}
    assert {one.generation for one in others} == {1}
    assert len({one.id for one in others}) == 1000


def test_the_id_that_events_show_is_no_part_of_the_token():
    token = issue(b"link", NOW_S, 7, None, "web")
    assert token.id not in base64.urlsafe_b64decode(token.write(KEY))


async def test_a_visit_goes_on_to_the_registered_page_with_a_token_of_its_own():
    async with opened(**LINKS) as doors:
        ada = Person(doors, 1)
        first = await ada.follow("/l/spring")
        again = await Person(doors, 2).follow("/l/spring")
        assert first.startswith("https://example.org/spring#s=")
        assert token_of(first) != token_of(again)
    assert [(event["kind"], event["parent_event_id"]) for event in doors.sender.events] == [
        ("click", LINK["content_id"])
    ] * 2


async def test_a_visit_by_a_shared_link_proves_the_share_and_each_proof_is_the_same():
    async with opened(**LINKS) as doors:
        ada, bob, eve = (Person(doors, number) for number in range(3))
        shared = token_of(await ada.follow("/l/spring~email"))
        doors.clock.set((NOW_S + 100) * 1_000_000)
        await bob.follow(f"/l/{shared}~facebook")
        doors.clock.set((NOW_S + 200) * 1_000_000)
        await eve.follow(f"/l/{shared}~facebook")
    clicked, proof, came, again, too = doors.sender.events
    assert proof == again
    assert (proof["kind"], proof["platform"], proof["parent_event_id"], proof["parent_basis"]) == (
        "share",
        "facebook",
        "spring-film",
        "exact",
    )
    assert proof["actor_id"] == clicked["actor_id"]
    assert proof["occurred_at"] == clicked["occurred_at"]
    assert came["parent_event_id"] == too["parent_event_id"] == proof["event_id"]
    assert {event["campaign_id"] for event in doors.sender.events} == {"spring-launch"}


async def test_five_people_over_three_channels_make_a_chain_of_depth_five():
    async with opened(**LINKS) as doors:
        place = "/l/spring"
        for number, channel in zip(range(6), itertools.cycle(["email", "facebook", "linkedin"]), strict=False):
            place = f"/l/{token_of(await Person(doors, number).follow(place))}~{channel}"
    parents = {event["event_id"]: event["parent_event_id"] for event in doors.sender.events if event["kind"] == "share"}
    assert len(parents) == 5
    assert {event["parent_basis"] for event in doors.sender.events} == {"exact"}
    assert {event["platform"] for event in doors.sender.events if event["kind"] == "share"} == {
        "email",
        "facebook",
        "linkedin",
    }

    def depth(event_id):
        return 0 if event_id == "spring-film" else 1 + depth(parents[event_id])

    assert max(map(depth, parents)) == 5


async def test_one_who_comes_again_by_his_own_link_is_not_counted_and_keeps_his_token():
    async with opened(**LINKS) as doors:
        ada = Person(doors, 1)
        mine = token_of(await ada.follow("/l/spring"))
        before = len(doors.sender.events)
        doors.clock.set((NOW_S + 86_400) * 1_000_000)
        assert token_of(await ada.follow(f"/l/{mine}~facebook")) == mine
        assert len(doors.sender.events) == before


@pytest.mark.parametrize(
    "changed",
    [
        {"User-Agent": "facebookexternalhit/1.1"},
        {"User-Agent": "Slackbot-LinkExpanding 1.0"},
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User-Agent": "WhatsApp/2.23"},
        {"User-Agent": "curl/8.5"},
        {"User-Agent": ""},
        {"Accept-Language": None},
        {"Accept": "image/avif,*/*"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"Sec-Fetch-Dest": "image"},
        {"DNT": "1"},
        {"Sec-GPC": "1"},
    ],
)
async def test_programs_prefetchers_and_who_opts_out_are_sent_on_and_leave_no_trace(changed):
    headers = {name: value for name, value in (PERSON | changed).items() if value is not None}
    async with opened(**LINKS) as doors:
        shared = token_of(await Person(doors, 1).follow("/l/spring"))
        before = len(doors.sender.events)
        assert await Person(doors, 2, headers).follow("/l/spring") == LINK["url"]
        assert token_of(await Person(doors, 2, headers).follow(f"/l/{shared}~email")) == shared, (
            "the chain goes on past them"
        )
        assert len(doors.sender.events) == before


async def test_a_request_for_the_head_alone_is_no_visit():
    async with opened(**LINKS) as doors, doors.session.head(doors.url + "/l/spring", headers=PERSON) as response:
        assert response.status == 302
    assert doors.sender.entries == []


@pytest.mark.parametrize(
    ("privacy", "headers", "consent", "counted"),
    [
        ("respect", {}, False, True),
        ("respect", {"DNT": "1"}, True, False),
        ("consent", {}, False, False),
        ("consent", {}, True, True),
        ("consent", {"Sec-GPC": "1"}, True, False),
        ("off", {"DNT": "1"}, False, True),
    ],
)
def test_the_switch_says_who_is_counted(privacy, headers, consent, counted):
    judged = judge(PERSON | headers, privacy, consent=consent)
    assert (judged is Visitor.PERSON) is counted


def test_the_hash_of_a_visitor_changes_with_day_person_and_key_and_fits_many():
    one = owner(KEY, NOW_S, "198.51.100.1", "Firefox")
    assert one == owner(KEY, NOW_S - NOW_S % 86_400, "198.51.100.1", "Firefox")
    others = [owner(KEY, NOW_S + 86_400, "198.51.100.1", "Firefox"), owner(OLD_KEY, NOW_S, "198.51.100.1", "Firefox")]
    assert one not in [*others, owner(KEY, NOW_S, "198.51.100.2", "Firefox")]
    drawn = {owner(KEY, NOW_S, str(number), "") for number in range(200_000)}
    assert max(drawn) < 65_536
    assert len(drawn) > 60_000


async def test_nothing_of_the_visitor_is_in_any_event():
    async with opened(ingest_proxies=["127.0.0.1"], **LINKS) as doors:
        place = "/l/spring"
        for number in range(3):
            place = f"/l/{token_of(await Person(doors, number).follow(place))}~email"
        text = b"".join(entry.value for entry in doors.sender.entries).decode()
    assert all(word not in text for word in ("198.51.100", "Firefox", "Mozilla", PERSON["Accept-Language"]))


@pytest.mark.parametrize(
    "place", ["nothing", "spring~nowhere", "A" * 48, "spring~", "~email", "https:~email", "%2F%2Fevil.example"]
)
async def test_only_what_is_registered_is_gone_to(place):
    async with opened(**LINKS) as doors:
        status, _ = await doors.get(f"/l/{place}")
        assert status == (404 if place != "spring~" else 302)


async def test_a_token_of_a_link_that_is_gone_leads_nowhere():
    async with opened(**LINKS) as doors:
        shared = token_of(await Person(doors, 1).follow("/l/spring"))
    async with opened(**LINKS | {"links": json.dumps({"autumn": LINK})}) as doors:
        assert (await doors.get(f"/l/{shared}"))[0] == 404


async def test_without_kafka_visitors_still_reach_the_page_and_the_next_visit_proves_the_share():
    async with opened(**LINKS) as doors:
        shared = token_of(await Person(doors, 1).follow("/l/spring"))
        doors.sender.problem = "away"
        assert (await Person(doors, 2).follow(f"/l/{shared}~email")).startswith(LINK["url"] + "#s=")
        doors.sender.problem = ""
        await Person(doors, 3).follow(f"/l/{shared}~email")
    assert [event["kind"] for event in doors.sender.events] == ["click", "share", "click"]


async def test_an_address_that_comes_all_the_time_is_sent_on_uncounted(monkeypatch):
    monkeypatch.setattr("pipeline.ingest.links.door.VISITS_PER_S", 0.5)
    async with opened(**LINKS) as doors:
        for _ in range(100):
            assert (await Person(doors, 1).follow("/l/spring")).startswith(LINK["url"])
    assert 1 <= len(doors.sender.events) < 50


async def test_the_pages_script_gets_a_token_and_tells_of_a_share():
    async with opened(**LINKS) as doors:
        ada, bob = Person(doors, 1), Person(doors, 2)
        status, told = await ada.script("visit", link="spring")
        assert status == 200
        mine = told["token"]
        assert (await ada.script("visit", link="spring", token=mine))[1]["token"] == mine, "a reload is no visit"
        assert (await ada.script("share", token=mine, channel="email"))[1] == {"shared": True}
        assert (await bob.script("share", token=mine, channel="email"))[0] == 403, "another's token"
        assert (await bob.script("visit", link="spring", token=mine))[1]["token"] != mine
        assert (await bob.script("visit", origin="https://evil.example", link="spring"))[0] == 403
        for broken in ({"link": 7}, {"token": [], "link": None}, {}):
            assert (await bob.script("visit", **broken))[0] == 404
    assert [event["kind"] for event in doors.sender.events] == ["click", "share", "share", "click"]


@pytest.mark.parametrize(
    "settings",
    [
        {"link_secrets": ""},
        {"link_secrets": "short"},
        {"link_secrets": " ".join(["a secret of some length".replace(" ", "-")] * 3)},
        {"links": '{"spring": {"url": "javascript:alert(1)"}}'},
        {"links": '{"spring": {"url": "https://example.org/#part"}}'},
        {"links": '{"Spring!": {"url": "https://example.org/"}}'},
        {"links": "@/nowhere.json"},
    ],
)
async def test_settings_of_links_that_do_not_work_are_said_at_the_start(settings):
    with pytest.raises(UsageError, match="CASCADES_LINK"):
        async with opened(**LINKS | settings):
            pass
