"""Strangers' words in a message: shown as they are, and doing nothing."""

from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.receivers import alert

from pipeline.alerts.texts import one_line, worded

HOSTILE = (
    "<!channel> <@U123> @channel @everyone *bold* _it_ `code` [x](http://evil.example) <http://evil.example|click>\n"
    "# heading\r\n<script>alert(1)</script> ||spoiler|| ~~gone~~ \u202egnp.exe \x01\x07\u2028--\n\n```\nblock\n```"
)
LANGUAGES = ("plain", "markdown", "html")


def hostile(**more):
    spreader = {"platform": "bluesky", "actor_id": HOSTILE[:500], "downstream_shares": 61, "downstream_reach": 4}
    told = {"content_id": HOSTILE, "campaign_id": HOSTILE[:500], "summary": HOSTILE, "top_spreaders": [spreader]}
    return alert(**told, **more)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_has_as_many_lines_as_it_has_things_to_say(language):
    friendly = worded(alert(campaign_id="spring", links={"page": "http://p/", "dashboard": None}), language)
    nasty = worded(hostile(links={"page": "http://p/", "dashboard": None}), language)
    assert nasty.body.count("\n") == friendly.body.count("\n")
    assert "\n" not in nasty.title


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_called_by_name(language):
    body = worded(hostile(), language).body
    assert "@channel" not in body
    assert "@everyone" not in body
    assert "@\u200bchannel" in body


def test_slacks_commands_and_links_do_not_survive_in_markdown():
    body = worded(hostile(), "markdown").body
    assert "<" not in body
    assert ">" not in body
    for mark in "*_`~[]()|!":
        assert body.count(mark) == body.count("\\" + mark), mark


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_html_holds_our_tags_alone_and_strangers_words_as_text():
    parser = Tags()
    links = {"page": 'http://p/"onclick="x', "dashboard": None}
    parser.feed(worded(hostile(links=links), "html").body)
    assert {tag for tag, _ in parser.tags} == {"br", "a"}
    assert [attrs for tag, attrs in parser.tags if tag == "a"] == [{"href": "http://p/%22onclick=%22x"}]
    assert "<script>alert(1)</script>" in parser.text


def test_a_link_that_is_no_web_address_is_left_out():
    assert "javascript" not in worded(alert(links={"page": "javascript:alert(1)", "dashboard": None}), "html").body


@pytest.mark.parametrize(
    ("content", "named"),
    [("https://example.org/a-1", True), ("spring film", True), ("@channel", False), ("a_b", False), ("a\nb", False)],
)
def test_a_title_names_the_content_only_when_it_is_plain(content, named):
    assert (content in worded(alert(content_id=content), "plain").title) is named


def test_the_reader_learns_why_through_whom_and_where_to_look():
    body = worded(alert(links={"page": "http://page/#/content/x", "dashboard": "http://grafana/d/y"}), "plain").body
    for words in (
        "82 shares in 5 min",
        "did:plc:ada",
        "1,200,000",
        "http://page/#/content/x",
        "http://grafana/d/y",
        "severity 8",
    ):
        assert words in body


def test_a_test_alert_says_that_it_is_one():
    assert "test alert" in worded(alert(kind="test"), "plain").title


@given(st.text(max_size=400))
def test_any_words_become_one_short_line_without_controls(words):
    line = one_line(words)
    assert len(line.replace("\u200b", "")) <= 160
    assert line == " ".join(line.split()).strip() or "\u200b" in line
    assert all(char.isprintable() or char == "\u200b" for char in line)


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=300))
def test_html_gives_back_what_was_said(words):
    said = one_line(words)
    assert html.unescape(html.escape(said)) == said
    assert f"Content: {html.escape(said)}" in worded(alert(content_id=words or "x"), "html").body or not words
