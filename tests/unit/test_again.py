"""Dead letters fixed and sent again: which are sent, under which key and identity, and which are not, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from support.stream import APPENDED_MS, event_json

from pipeline.commands.dlq import _fix, as_json, selection
from pipeline.config import Settings
from pipeline.errors import CascadesError, UsageError
from pipeline.ingest.again import Verdict, again
from pipeline.ingest.letters import Letter, Selection, read
from pipeline.ingest.remap import Remap
from schemas.dead_letter import Identity, RefusedError, headers
from schemas.undo import EXAMPLE, encode

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def letter(offset, value, reason="unknown_field", replay_of=None, **fields):
    identity = Identity("share.events", 1, offset, APPENDED_MS)
    return Letter(identity, reason, "why", fields.get("received_at", NOON), replay_of, b"wrong key", value)


async def replay(letters, fix=lambda value: value):
    sent, told = [], []

    async def some():
        for one in letters:
            yield one

    async def send(key, value, first):
        sent.append((key, value, first))

    verdicts = await again(some(), fix, send, lambda *line: told.append(line), APPENDED_MS)
    return sent, verdicts, told


async def test_a_fixed_letter_is_sent_under_its_own_key_with_its_identity():
    broken = letter(7, event_json("e", "content é", colour="blue"))
    sent, verdicts, _ = await replay([broken], lambda value: value.replace(b',"colour":"blue"', b""))
    assert sent == [("content é".encode(), event_json("e", "content é"), broken.identity)]
    assert verdicts == {Verdict.SENT: 1}


async def test_what_is_still_broken_is_not_sent_and_the_reason_is_told():
    broken = letter(7, b"{")
    sent, verdicts, told = await replay([broken])
    assert (sent, verdicts) == ([], {Verdict.BROKEN: 1})
    assert "not_json" in told[0][2]


async def test_fix_may_leave_letters_out():
    sent, verdicts, _ = await replay([letter(7, event_json("e"))], lambda _: None)
    assert (sent, verdicts) == ([], {Verdict.LEFT_OUT: 1})


async def test_an_event_that_counts_already_is_not_sent():
    sent, verdicts, _ = await replay([letter(7, event_json("e"), "not_storable")])
    assert (sent, verdicts) == ([], {Verdict.COUNTED: 1})


async def test_a_letter_that_failed_again_is_sent_once_and_as_the_first():
    first = letter(7, event_json("e"))
    later = letter(90, event_json("e"), replay_of=first.identity)
    sent, verdicts, _ = await replay([first, later])
    assert [identity for *_, identity in sent] == [first.identity]
    assert verdicts == {Verdict.SENT: 1, Verdict.LATER_COPY: 1}
    sent, *_ = await replay([later])
    assert [identity for *_, identity in sent] == [first.identity]


@pytest.mark.parametrize("fix", [lambda _: 1 / 0, lambda _: "text"])
async def test_a_fix_that_fails_names_the_letter(fix):
    with pytest.raises(CascadesError, match=r"share\.events:1:7"):
        await replay([letter(7, event_json("e"))], fix)


def test_the_file_of_a_fix_must_have_the_function(tmp_path):
    file = tmp_path / "fix.py"
    for text, told in (("x = 1", "no function fix"), ("1 / 0", "cannot be run: ZeroDivisionError")):
        file.write_text(text)
        with pytest.raises(UsageError, match=told):
            _fix(file)
    file.write_text("def fix(value):\n    return value[::-1]\n")
    assert _fix(file)(b"ab") == b"ba"


def test_letters_are_selected_by_reason_topic_place_and_time():
    one = letter(7, b"")
    assert one in Selection()
    assert one in Selection("unknown_field", "share.events", 1, 7, NOON)
    for other in (Selection("not_json"), Selection(topic="t"), Selection(partition=2), Selection(offset=8)):
        assert one not in other
    assert one not in Selection(since=NOON.replace(minute=1))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("no_reason", None, None, None, None), "the reasons are: no_value"),
        ((None, None, None, 4, None), "--offset needs --partition"),
        ((None, None, None, None, "yesterday"), "--since yesterday"),
    ],
)
def test_a_selection_that_means_nothing_is_wrong_usage(given, told):
    with pytest.raises(UsageError, match=told):
        selection(*given)


def test_since_is_a_while_ago_or_a_time():
    ago = selection(None, None, None, None, "2h").since
    assert 7199 <= (datetime.now(UTC) - ago).total_seconds() <= 7210
    assert selection(None, None, None, None, "2024-03-01T12:00:00Z").since == NOON
    assert selection(None, None, None, None, "2024-03-01").since == NOON.replace(hour=0)


class Record:
    key, value = b"k", b"v"

    def __init__(self, made):
        self.headers = made


def test_a_letter_is_read_as_the_worker_wrote_it_and_anything_else_is_passed_over():
    first = Identity("share.events", 0, 2, APPENDED_MS)
    error = RefusedError("not_json", "line 1")
    made = headers(error, topic="share.events", partition=1, offset=7, received_at_ms=APPENDED_MS, replay_of=first)
    found = read(Record(made))
    assert (found.identity, found.first, found.reason, found.value) == (
        ("share.events", 1, 7, APPENDED_MS),
        first,
        "not_json",
        b"v",
    )
    assert read(Record([])) is None
    assert read(Record([(name, b"x") for name, _ in made])) is None


def test_json_shows_bytes_that_are_no_text_whole():
    assert "payload_base64" not in as_json(letter(7, "é".encode()))
    shown = as_json(letter(7, b"\xff{"))
    assert (shown["payload"], shown["payload_base64"]) == ("\ufffd{", "/3s=")
    assert as_json(letter(7, None))["payload"] is None


SETTINGS = Settings(
    actor_key="a key that stays the same",
    webhooks='{"facebook": {"secrets": ["s"], "verify_token": "v", "campaign_id": "spring"}}',
)


async def remapped(*letters):
    sent = []

    async def some():
        for one in letters:
            yield one

    async def send(key, value, first, topic="", /):
        sent.append((key, json.loads(value), first, topic))

    return sent, await again(some(), lambda value: value, send, lambda *_: None, APPENDED_MS, Remap(SETTINGS))


def of_a_door(*items, door="/webhooks/facebook"):
    values = [
        {"item": item, "verb": "add", "post_id": "1_2", "from": {"id": "7"}, "created_time": 1_700_000_000}
        for item in items
    ]
    entry = {"id": "1", "time": 1_700_000_000, "changes": [{"field": "feed", "value": value} for value in values]}
    payload = json.dumps({"object": "page", "entry": [entry]}).encode()
    identity = Identity(door.replace("/", ".")[1:], 0, 99, APPENDED_MS)
    return Letter(identity, "unknown_shape", "why", NOON, None, None, payload, door)


async def test_what_a_webhook_refused_is_mapped_again_each_act_under_an_identity_of_its_own():
    sent, verdicts = await remapped(of_a_door("reaction", "share"))
    assert verdicts == {Verdict.SENT: 1}
    assert [(key, event["campaign_id"], topic) for key, event, _, topic in sent] == [
        (b"facebook:1_2", "spring", "share.events")
    ] * 2
    assert len({first for _, _, first, _ in sent}) == 2


@pytest.mark.parametrize("letter", [of_a_door("hologram"), of_a_door("share", door="/webhooks/friendster")])
async def test_what_the_mapping_still_does_not_know_stays_broken(letter):
    assert await remapped(letter) == ([], {Verdict.BROKEN: 1})


def of_an_undo(value):
    identity = Identity(SETTINGS.undo_topic, 3, 99, APPENDED_MS)
    return Letter(identity, "no_target", "why", NOON, None, b"key", value)


async def test_an_undo_that_never_found_its_act_waits_once_more_under_its_own_identity():
    letter = of_an_undo(encode(EXAMPLE))
    sent, verdicts = await remapped(letter)
    assert verdicts == {Verdict.SENT: 1}
    assert sent == [(EXAMPLE.target_event_id.encode(), json.loads(letter.value), letter.identity, "share.undo")]
    assert await remapped(of_an_undo(b"{}")) == ([], {Verdict.BROKEN: 1})
