"""Addresses of one page have one name; addresses of two pages keep two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.platforms.links import canonical, is_short, plain, web_content

PAGE = "https://example.org/2024/story"
SAME = [
    "http://example.org/2024/story",
    "HTTPS://EXAMPLE.org:443/2024/story/",
    "https://www.example.org/2024/story#comments",
    "https://m.example.org/2024/story?utm_source=x&UTM_Medium=mail",
    "https://mobile.example.org/2024/./a/../story?fbclid=1&gclid=2&igshid=3&mc_cid=4&mc_eid=5",
    "https://example.org/2024/story/amp/",
    "https://amp.example.org/2024/story.amp",
    "https://example.org/2024/story?amp=1",
    "https://example.org/2024/story?outputType=amp",
    "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/2024/story?usqp=mq331AQ",
    "https://example-org.cdn.ampproject.org/v/example.org/2024/story/amp",
    "https://www.google.com/amp/s/example.org/2024/story/amp",
    "https://user:secret@example.org/2024/%73tory",
]


@pytest.mark.parametrize("url", SAME)
def test_a_page_has_one_name(url):
    assert canonical(url) == PAGE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/?id=1", "https://example.org/?id=2"),
        ("https://example.org/", "https://sub.example.org/"),
        ("https://example.org:8443/", "https://example.org/"),
        ("https://example.org/guitar/amp", "https://example.org/guitar"),
        ("https://example.org/?s=1", "https://example.org/?s=2"),
        ("https://example.org/?a=1&a=2", "https://example.org/?a=1"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://m.co/", "https://co/"),
        ("https://google.com/amp/s/story", "https://google.com/story"),
    ],
)
def test_two_pages_keep_two_names(one, other):
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://mobile.twitter.com/a/status/1?s=20&t=x", "https://x.com/a/status/1"),
        ("https://www.youtube.com/watch?v=abc&feature=share&si=1", "https://youtube.com/watch?v=abc"),
        ("https://example.org/?b=2&a=1&utm_id=9", "https://example.org/?a=1&b=2"),
        ("https://BÜCHER.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://xn--bcher-kva.example/%c3%a4", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x"),
        ("https://example.org", "https://example.org/"),
    ],
)
def test_what_the_name_is(url, name):
    assert canonical(url) == name
    assert web_content(url) == f"web:{name}"


@pytest.mark.parametrize(
    "url", ["", "example.org/x", "ftp://example.org/", "javascript:alert(1)", "https://", "mailto:a@b.c", "http://[::1"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError, match=r"."):
        canonical(url)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(st.sampled_from(["", "www.", "m.", "amp.www."]), texts, st.lists(st.tuples(texts, texts), max_size=4))
def test_the_name_of_a_name_is_itself(prefix, path, fields):
    query = "&".join(f"{name}={value}" for name, value in fields)
    try:
        name = canonical(f"https://{prefix}example.org/{path}?{query}")
    except ValueError:
        return
    assert canonical(name) == name


@given(texts)
def test_any_text_is_an_address_or_refused(text):
    for url in (text, f"https://{text}", f"https://example.org/{text}"):
        try:
            canonical(url)
        except ValueError:
            continue


def test_an_address_that_is_fetched_still_leads_to_the_page():
    assert plain("http://www.example.org/a/?utm_source=x&id=1#top") == "http://www.example.org/a/?id=1"


def test_short_addresses_are_known():
    assert is_short("https://t.co/abc")
    assert is_short("http://BIT.ly/x")
    assert not is_short("https://example.org/t.co")
    assert not is_short("nothing")
