"""The rules file: what it may say, which rules hold for whom, and errors that name line and key and say what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schemas.presets import PRESETS, WORDS
from schemas.rule_types import NOTICES, RULES, TRIGGERS, RuleSet
from schemas.rules import MAX_TEXT, Problem, Rules, RulesError, parse, preset


def problems(text: str) -> list[Problem]:
    with pytest.raises(RulesError) as caught:
        parse(text, "rules.yaml")
    return list(caught.value.problems)


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "version: 1", "rules: {}", "preset: balanced"])
def test_a_file_that_says_nothing_means_balanced(text):
    assert parse(text) == preset("balanced") == Rules()


def test_every_preset_is_there_in_words_and_stricter_is_stricter():
    assert list(PRESETS) == list(WORDS) == ["sensitive", "balanced", "strict"]
    loose, middle, tight = PRESETS.values()
    for rule in TRIGGERS:
        floors = [getattr(rules, rule).minimum_shares for rules in (loose, middle, tight)]
        assert floors == sorted(floors)
    assert loose.forecast.at_least < middle.forecast.at_least <= tight.forecast.at_least
    assert [rules.forecast.believe for rules in (loose, middle, tight)] == ["middle", "middle", "low"]
    assert loose.over_performance.enter <= middle.over_performance.enter <= tight.over_performance.enter


def test_only_what_is_written_differs_from_the_preset():
    rules = parse("preset: strict\nrules:\n  velocity: {minimum_shares: 7}\n").everywhere
    strict = PRESETS["strict"]
    assert rules.velocity.minimum_shares == 7
    assert rules.velocity.enter_z == strict.velocity.enter_z
    assert rules.model_copy(update={"velocity": strict.velocity}) == strict


def test_rules_are_switched_off_and_on():
    rules = parse("preset: balanced\nrules:\n  velocity: off\n  depth: on\n  r:\n    marks: [0.5]\n").everywhere
    assert rules.velocity is None
    assert rules.depth.marks == [6, 10, 16]
    assert rules.r.marks == [0.5]


def test_times_and_large_numbers_are_written_as_people_say_them():
    rules = parse(
        "rules:\n"
        "  forecast: {at_least: 5k, cool_down: 2h, leave_after: 90s}\n"
        "  secondary_reach: {marks: [0.5M, 1e6, 2_000_000, 1B]}\n"
        "states: {rising_for: 5m, cooling_for: 1.5d}\n"
    ).everywhere
    assert (rules.forecast.at_least, rules.forecast.cool_down, rules.forecast.leave_after) == (5000, 7200, 90)
    assert rules.secondary_reach.marks == [500_000, 1_000_000, 2_000_000, 1_000_000_000]
    assert (rules.states.rising_for, rules.states.cooling_for) == (300, 129_600)


OVERRIDES = """
rules:
  forecast: {at_least: 900}
platforms:
  weibo: {rules: {forecast: {at_least: 5000}}}
  bluesky: {preset: sensitive}
campaigns:
  spring: {rules: {forecast: {minimum_shares: 11}}, states: {sustained_after: 10m}}
  autumn: {preset: strict}
"""


def test_a_campaign_goes_before_a_platform_and_a_platform_before_all():
    rules = parse(OVERRIDES)
    assert rules.of("", []) is rules.everywhere
    assert rules.of("other", ["twitter"]).forecast.at_least == 900
    assert rules.of("", ["weibo"]).forecast.at_least == 5000
    assert rules.of("autumn", ["weibo"]) == PRESETS["strict"]


def test_without_a_preset_of_its_own_an_override_starts_from_what_holds_for_all():
    spring = parse(OVERRIDES).of("spring", ["weibo"])
    assert (spring.forecast.at_least, spring.forecast.minimum_shares) == (900, 11)
    assert spring.states.sustained_after == 600
    assert parse(OVERRIDES).of("", ["bluesky"]) == PRESETS["sensitive"]


def test_of_several_platforms_the_first_in_the_file_counts():
    rules = parse(OVERRIDES)
    assert rules.of("", ["bluesky", "weibo"]).forecast.at_least == 5000
    assert rules.of("", ["bluesky", "twitter"]) == PRESETS["sensitive"]


def test_a_preset_given_from_outside_takes_the_place_of_the_files_own():
    rules = parse(
        "preset: strict\nrules: {velocity: {minimum_shares: 7}}\ncampaigns: {autumn: {preset: strict}}",
        preset="sensitive",
    )
    assert rules.everywhere.forecast == PRESETS["sensitive"].forecast
    assert rules.everywhere.velocity.minimum_shares == 7
    assert rules.of("autumn", []) == PRESETS["strict"]


def test_only_leaves_one_rule_everywhere():
    rules = parse(OVERRIDES).only("forecast")
    assert rules.used() == ["forecast"]
    assert rules.of("", ["weibo"]).forecast.at_least == 5000
    assert rules.of("spring", []).states.sustained_after == 600


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("preset: strikt", 1, "preset", "'sensitive', 'balanced' or 'strict'"),
        ("preset: strict\nruls: {}", 2, "ruls", "did you mean rules?"),
        ("rules:\n  velocty: off", 2, "rules.velocty", "did you mean velocity?"),
        ("rules:\n  bananas: off", 2, "rules.bananas", "known are velocity, over_performance"),
        (
            "rules:\n  velocity:\n    minimum_share: 3",
            3,
            "rules.velocity.minimum_share",
            "did you mean minimum_shares?",
        ),
        ("rules:\n  velocity:\n    enter_z: fast", 3, "rules.velocity.enter_z", "should be a number"),
        ("rules:\n  velocity:\n\n    enter_z: -1", 4, "rules.velocity.enter_z", "greater than or equal to 0"),
        ("rules:\n  velocity: {enter_z: 2, leave_z: 3}", 2, "rules.velocity", "enter_z should be above leave_z (3"),
        ("rules:\n  velocity: 5", 2, "rules.velocity", "should be off, on, or keys"),
        ("rules:\n  depth:\n    marks: [9, 6]", 2, "rules.depth", "ascending"),
        ("rules:\n  depth:\n    marks:\n      - 5\n      - deep", 5, "rules.depth.marks.1", "should be a number"),
        ("rules:\n  forecast: {cool_down: 3 weeks}", 2, "rules.forecast.cool_down", "90s, 30m, 6h or 1d"),
        ("states:\n  sustained_for: 3h", 2, "states.sustained_for", "did you mean sustained_after?"),
        ("campaigns:\n  x:\n    rules:\n      r: {marks: []}", 4, "campaigns.x.rules.r.marks", "at least 1 item"),
        ("platforms:\n  Weibo: {}", 2, "platforms.Weibo", "pattern"),
        ("platforms:\n  weibo: {velocity: off}", 2, "platforms.weibo.velocity", "known are preset, states, rules"),
        ("version: 2", 1, "version", "should be 1"),
        ("rules:\n  velocity: off\n  velocity: on", 3, "rules.velocity", "in line 2 already"),
        ("- a list", 1, "", "dictionary"),
    ],
)
def test_each_mistake_is_named_with_its_line_its_key_and_what_to_do(text, line, key, words):
    (found,) = problems(text)
    assert (found.line, found.key) == (line, key)
    assert words in found.sentence


def test_the_text_of_an_error_names_the_file_and_every_mistake():
    with pytest.raises(RulesError) as caught:
        parse("rules:\n  velocty: off\n  r: {marks: [0]}\ncampaigns:\n  x: {rules: {dept: on}}", "rules.yaml")
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0:2] for line in lines] == [
        ["rules.yaml", " line 2, rules.velocty"],
        ["rules.yaml", " line 3, rules.r"],
        ["rules.yaml", " line 5, campaigns.x.rules.dept"],
    ]


@pytest.mark.parametrize("text", ["rules: [", "a: b: c", "\tx: 1", "x: !!python/object:os.system {}", "a: *b", "\0"])
def test_what_is_no_yaml_is_told_with_its_line(text):
    (found,) = problems(text)
    assert "is not YAML" in found.sentence


def test_a_number_as_a_campaigns_name_wants_quotes():
    (found,) = problems("campaigns:\n  2026: {}")
    assert (found.line, "string" in found.sentence) == (2, True)
    assert parse("campaigns:\n  '2026': {preset: strict}").of("2026", []) == PRESETS["strict"]


def test_a_file_far_too_long_is_refused_unread():
    (found,) = problems("x" * (MAX_TEXT + 1))
    assert "right file" in found.sentence


def test_rules_are_all_in_one_list_and_described():
    assert {*TRIGGERS, *NOTICES} == set(RULES) == set(RuleSet.model_fields) - {"states"}
    for rules in PRESETS.values():
        for rule in RULES:
            if found := getattr(rules, rule):
                assert all(field.description for field in type(found).model_fields.values())


SHIPPED = (Path(__file__).parents[2] / "deploy/rules.yaml").read_text("utf-8")
SETTING = re.compile(r"#(?= {2,}\S|[a-z]+:)")  # prose has one space behind the #


def test_the_shipped_file_is_the_preset_balanced():
    assert parse(SHIPPED) == preset("balanced")


def test_every_value_that_the_shipped_file_shows_is_the_one_in_force():
    shown = "\n".join(SETTING.sub("", line, count=1) if SETTING.match(line) else line for line in SHIPPED.splitlines())
    rules = parse(shown)
    assert rules.everywhere == PRESETS["balanced"]
    assert rules.of("spring-launch", []).forecast.at_least == 300
    assert rules.of("", ["weibo"]).forecast.at_least == 5000
    for rule in RULES:
        if found := getattr(rules.everywhere, rule):
            assert all(f"{field}:" in shown.split(f"\n  {rule}:")[1] for field in type(found).model_fields)
