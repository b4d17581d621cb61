"""What the senders of newsletters tell."""

from __future__ import annotations

import json

import pytest
from support.platforms import KEY, NOW, Context, mapped, one, samples, short

from pipeline.ingest.platforms import REGISTRY
from pipeline.ingest.platforms.seam import Scene

SENDERS = ("sendgrid", "mailgun", "postmark", "ses", "activecampaign")
PAGE = "web:https://film.example/spring"
ANN = Scene("email", NOW, Context(actor_key=KEY)).pseudonym(" Ann@example.com")


@pytest.mark.parametrize("name", SENDERS)
def test_an_address_never_leaves_a_mapping(name):
    for payload in samples(name).values():
        answer = mapped(name, payload)
        assert "example.com" not in repr((answer.events, answer.undos, answer.ignored)).lower()


@pytest.mark.parametrize("name", SENDERS)
def test_a_refusal_does_not_repeat_an_address(name):
    for payload in samples(name).values():
        spoiled = json.loads(
            json.dumps(payload)
            .replace('"Ann@Example.com"', "[]")
            .replace('"ann@example.com"', '{"ann@example.com": 1}')
        )
        assert all("ann@" not in str(one.error) for one in mapped(name, spoiled).refused)


@pytest.mark.parametrize("name", SENDERS)
def test_a_person_has_the_same_pseudonym_with_every_sender_and_another_one_with_another_key(name):
    def actors(key):
        events = [
            event
            for payload in samples(name).values()
            for event in REGISTRY[name].events(payload, NOW, Context(actor_key=key)).events
        ]
        return {event.actor_id for event in events if not event.actor_id.startswith("anonymous:")}

    assert actors(KEY) == {ANN}
    assert actors(b"another key of 16") != {ANN}


@pytest.mark.parametrize(
    ("name", "sample", "at"),
    [
        ("mailgun", "click", "2018-08-12T21:33:20.089676+00:00"),
        ("postmark", "click", "2023-11-14T22:13:20.123456+00:00"),
        ("ses", "click", "2023-11-14T22:13:20.123000+00:00"),
        ("activecampaign", "click", "2023-11-14T22:13:20+00:00"),
    ],
)
def test_a_click_is_an_act_on_the_page_at_the_time_in_the_senders_unit(name, sample, at):
    found = one(name, sample)
    assert (found.kind, found.content_id, found.parent_basis) == ("click", PAGE, "none")
    assert found.occurred_at.isoformat() == at


def test_a_list_of_sendgrid_is_taken_apart():
    answer = mapped("sendgrid", "events")
    assert [short(event)[:4] for event in answer.events] == [
        ("click", "email:sendgrid:c1", PAGE, ANN),
        ("view", "email:sendgrid:o1", PAGE, ANN),
    ]
    assert len(answer.ignored) == 4
    assert len(set(answer.ignored)) == 3


def test_machines_that_open_mails_are_no_readers():
    assert mapped("mailgun", "machine").ignored == ("opened or clicked by a machine",)


@pytest.mark.parametrize(("name", "sample"), [("mailgun", "failure"), ("postmark", "bounce"), ("ses", "bounce")])
def test_reports_on_delivery_are_ignored(name, sample):
    assert mapped(name, sample).ignored == ("a report on delivery or subscription",)


def test_an_event_without_an_id_has_one_made_of_its_facts():
    first, again = one("mailgun", "click without an id"), one("mailgun", "click without an id")
    assert first == again
    assert one("postmark", "click").event_id != one("postmark", "open").event_id


def test_an_event_within_sns_is_named_by_its_envelope_and_a_raw_one_by_its_facts():
    assert one("ses", "click").event_id == "email:ses:9f-1"
    assert one("ses", "raw click").event_id.startswith("email:ses:")


def test_a_click_in_a_mail_to_several_people_is_nobodys():
    found = one("ses", "click of several")
    assert found.actor_id == f"anonymous:{found.event_id}"
    assert mapped("ses", "handshake").ignored == ("a handshake",)


def test_a_forward_is_a_share_of_the_newsletter():
    found = one("activecampaign", "forward")
    newsletter = "email:activecampaign:7"
    assert (found.kind, found.content_id, found.parent_event_id, found.parent_basis) == (
        "share",
        newsletter,
        newsletter,
        "exact",
    )
    assert one("activecampaign", "share").event_id != found.event_id


def test_a_time_without_an_offset_is_when_it_was_received():
    assert one("activecampaign", "open").occurred_at == NOW


def test_the_form_on_the_wire_is_read():
    body = b"type=forward&contact%5Bemail%5D=ann%40example.com&campaign%5Bid%5D=7&date_time=2023-11-14T16%3A13%3A20-06%3A00"
    payload = REGISTRY["activecampaign"].decode(body, "application/x-www-form-urlencoded")
    assert one("activecampaign", payload).event_id == one("activecampaign", "forward").event_id
