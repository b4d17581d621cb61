"""The rules file: one YAML file says when alerts fire. `parse` reads it or says, line by line, what is wrong and what to do.

    version: 1
    preset: balanced                # sensitive | balanced | strict
    rules:                          # only what shall differ from the preset
      velocity: {minimum_shares: 50}
      depth: off
    campaigns:
      spring-launch: {preset: sensitive}
    platforms:
      weibo: {rules: {forecast: {at_least: 5k}}}

What holds for a content is that of its campaign, else that of the first platform in the file that it is on, else that of all. A campaign or
platform that names a preset starts from that preset alone; without one it starts from what holds for all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.event import Id, Platform
from schemas.presets import PRESETS, Preset
from schemas.rule_types import RULES, RuleSet, States

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic_core import ErrorDetails

MAX_TEXT = 1_000_000
"""Characters of a rules file: a slip such as a log file in its place is refused unread."""


class Problem(NamedTuple):
    """One thing that is wrong."""

    line: int
    """From 1; 0 when there is no line to name."""
    key: str
    """Path of the key, such as rules.velocity.enter_z."""
    sentence: str

    def __str__(self) -> str:
        where = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.key) if part)
        return f"{where}: {self.sentence}" if where else self.sentence


class RulesError(ValueError):
    """A rules file cannot be used: `problems` has at least one entry. Its text is for people: a line for each problem."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{name}: {problem}" for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of all contents."""

    everywhere: RuleSet = PRESETS["balanced"]
    campaigns: Mapping[str, RuleSet] = field(default_factory=dict)
    platforms: Mapping[str, RuleSet] = field(default_factory=dict)
    """In the order of the file."""

    def of(self, campaign_id: str, platforms: Iterable[str]) -> RuleSet:
        """What holds for a content. O(platforms in the file)."""
        found = self.campaigns.get(campaign_id)
        if found is None and self.platforms:
            named = set(platforms)
            found = next((rules for platform, rules in self.platforms.items() if platform in named), None)
        return found or self.everywhere

    def only(self, *names: str) -> Rules:
        """The same without all other rules."""

        def alone(rules: RuleSet) -> RuleSet:
            return rules.model_copy(update={name: None for name in RULES if name not in names})

        return Rules(
            alone(self.everywhere),
            {name: alone(rules) for name, rules in self.campaigns.items()},
            {name: alone(rules) for name, rules in self.platforms.items()},
        )

    def used(self) -> list[str]:
        """Rules that are on for any content."""
        sets = (self.everywhere, *self.campaigns.values(), *self.platforms.values())
        return [name for name in RULES if any(getattr(rules, name) for rules in sets)]


def preset(name: Preset) -> Rules:
    """The rules without a file."""
    return Rules(PRESETS[name])


class _Override(BaseModel):
    model_config = ConfigDict(extra="forbid")

    preset: Preset | None = None
    states: dict[str, Any] = {}
    rules: dict[str, Any] = {}


class _File(_Override):
    version: Literal[1] = 1
    platforms: dict[Platform, _Override] = {}
    campaigns: dict[Id, _Override] = {}


def parse(text: str, name: str = "rules file", *, preset: Preset | None = None) -> Rules:
    """The rules in `text`; `name` is how errors call the file, `preset` takes the place of the file's own preset for all contents.

    Raises `RulesError`, and nothing else whatever the text is. An empty text means the preset balanced.
    """
    data, lines = _read(text, name)
    try:
        file = _File.model_validate({} if data is None else data)
    except ValidationError as error:
        raise RulesError(name, [_problem((), one, lines) for one in error.errors()]) from None
    problems: list[Problem] = []
    everywhere = _rule_set(PRESETS[preset or file.preset or "balanced"], file, (), lines, problems)
    groups = {
        group: {
            key: _rule_set(PRESETS[one.preset] if one.preset else everywhere, one, (group, key), lines, problems)
            for key, one in getattr(file, group).items()
        }
        for group in ("campaigns", "platforms")
    }
    if problems:
        raise RulesError(name, sorted(set(problems)))
    return Rules(everywhere, **{group: MappingProxyType(sets) for group, sets in groups.items()})


_Path = tuple[str, ...]
_Lines = dict[_Path, int]


def _read(text: str, name: str) -> tuple[Any, _Lines]:
    """The data, and the line of each key and item."""
    if len(text) > MAX_TEXT:
        raise RulesError(
            name,
            [Problem(0, "", f"is {len(text):,} characters long, at most {MAX_TEXT:,} are read: is it the right file?")],
        )
    lines: _Lines = {}
    problems: list[Problem] = []
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None, lines
        _walk(node, (), lines, problems)
        data = loader.construct_document(node)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise RulesError(name, [_unreadable(error)]) from None
    if problems:
        raise RulesError(name, problems)
    return data, lines


def _unreadable(error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    advice = "use spaces, not tabs, and the same indent for keys of one level"
    return Problem(mark.line + 1 if mark else 0, "", f"is not YAML: {what}; {advice}")


def _walk(node: yaml.Node, path: _Path, lines: _Lines, problems: list[Problem]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            line = key.start_mark.line + 1
            if inner in lines:
                sentence = f"is there twice, in line {lines[inner]} already: keep one of them"
                problems.append(Problem(line, _dotted(inner), sentence))
            lines[inner] = line
            _walk(value, inner, lines, problems)
    elif isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            _walk(item, (*path, str(place)), lines, problems)


def _rule_set(base: RuleSet, wanted: _Override, path: _Path, lines: _Lines, problems: list[Problem]) -> RuleSet:
    """`base` with what `wanted` changes."""
    data: dict[str, Any] = base.model_dump()
    data["states"] |= wanted.states
    for name, change in wanted.rules.items():
        if name not in RULES:
            problems.append(_unknown((*path, "rules", name), name, RULES, lines))
        elif change is False:
            data[name] = None
        elif change is True or change is None:
            data[name] = data[name] or {}
        elif isinstance(change, dict):
            data[name] = (data[name] or {}) | change
        else:
            where = (*path, "rules", name)
            problems.append(
                Problem(_line(where, lines), _dotted(where), "should be off, on, or keys with values below it")
            )
    try:
        return RuleSet.model_validate(data)
    except ValidationError as error:
        problems += [_problem((*path, *_group(one)), one, lines) for one in error.errors()]
        return base


def _group(error: ErrorDetails) -> _Path:
    return () if error["loc"][:1] == ("states",) else ("rules",)


def _problem(path: _Path, error: ErrorDetails, lines: _Lines) -> Problem:
    where = (*path, *(str(part) for part in error["loc"] if part != "[key]"))
    if error["type"] == "extra_forbidden":
        return _unknown(where, where[-1], _known(where), lines)
    return Problem(_line(where, lines), _dotted(where), _sentence(error))


def _sentence(error: ErrorDetails) -> str:
    words = error["msg"].removeprefix("Input ").removeprefix("Value error, ")
    shown = error["input"]
    return words if isinstance(shown, dict) else f"{words}, is {shown!r}"


def _known(where: _Path) -> Sequence[str]:
    """The keys that may stand where an unknown one stands."""
    if where[-2:-1] == ("states",):
        return tuple(States.model_fields)
    if len(where) > 1 and where[-2] in RULES:
        return tuple(_FIELDS[where[-2]])
    return tuple(_Override.model_fields if len(where) > 1 else _File.model_fields)


def _unknown(where: _Path, name: str, known: Sequence[str], lines: _Lines) -> Problem:
    close = get_close_matches(name, known, 1)
    advice = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
    return Problem(_line(where, lines), _dotted(where), f"is not known: {advice}")


def _line(path: _Path, lines: _Lines) -> int:
    """Line of the key, or of the nearest one above that is written."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def _dotted(path: _Path) -> str:
    return ".".join(path)


_FIELDS = {
    name: next(part for part in RuleSet.model_fields[name].annotation.__args__ if part is not type(None)).model_fields  # type: ignore[union-attr]  # each is `Model | None`
    for name in RULES
}
