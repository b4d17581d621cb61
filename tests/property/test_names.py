"""Texts as numbers: the same in the plain and in the compiled form."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cascade import COMPILED
from pipeline.cascade.names import Names

TEXTS = st.lists(
    st.tuples(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(0, 300)), max_size=200
)


def test_the_form_is_the_one_asked_for():
    assert not (COMPILED and os.environ.get("CASCADES_PLAIN_CORE"))


@given(texts=TEXTS)
def test_a_text_of_a_group_keeps_the_number_of_its_first_sight(texts):
    names, first = Names(), {}
    for text, group in texts:
        assert names.find(text, group) == first.get((text, group), -1)
        assert names.add(text, group) == first.setdefault((text, group), len(first))
    assert names.count() == len(first)
    for (text, group), number in first.items():
        assert names.text(number) == text
        assert names.find(text, group) == number


@pytest.mark.parametrize("count", [100_000])
def test_many_texts_are_found_again(count):
    names = Names()
    numbers = [names.add(f"at://did:plc:{number:x}/post", number % 3) for number in range(count)]
    assert numbers == list(range(count))
    assert [names.find(f"at://did:plc:{number:x}/post", number % 3) for number in range(count)] == numbers
    assert names.find("at://did:plc:0/post", 1) == -1
