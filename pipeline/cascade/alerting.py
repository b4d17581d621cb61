"""Alert states: `step` takes one content from one moment to the next and gives the messages to send.

States follow what the figures say, with hysteresis; alerts follow the states, within the limits of their rule (docs/alerts.md). So a limit
delays an alert and never loses it: it opens when it may, if the content is still viral then. The triggers speak with one voice: whichever holds first
opens the alert, the others make it more severe, and it closes when none of them holds any more.

Pure: the same calls give the same messages with the same ids; a second call for the same moment gives none.
"""

from __future__ import annotations

from math import floor, log2
from typing import TYPE_CHECKING

from pipeline.cascade.alert_state import NEVER, AlertState, OpenAlert
from pipeline.cascade.notices import Notice, notices, rule_of
from pipeline.cascade.reasons import Case, closing_sentence, message, notice_sentence, trigger_sentence
from pipeline.cascade.triggers import CALM, HOT, READERS, STRENGTHS, WARM
from schemas.rule_types import TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.cascade.alert_state import RuleState
    from pipeline.cascade.clock import Figures, Standing
    from pipeline.cascade.content import Content
    from pipeline.cascade.controls import Controls
    from pipeline.cascade.triggers import Reading
    from schemas.alert import Alert, State
    from schemas.rule_types import States, Trigger
    from schemas.rules import Rules

_US = 1_000_000
_LEAST_VIRAL, _MOST = 5, 10
_MUCH_MORE = 2
"""A severity so much higher than the one told is told again."""
_VIRAL: tuple[State, ...] = ("viral", "sustained")


def step(
    rules: Rules,
    state: AlertState,
    standing: Standing,
    figures: Figures,
    content: Content,
    controls: Controls,
    now_us: int,
) -> list[Alert]:
    """The messages of this moment, oldest first; mutates `state`. O(rules), but O(actors) while a large amplifier may have joined.

    `now_us` (µs since 1970, above 0) must not go back from call to call.
    Mutes and acknowledgements only mark messages as muted: states, ids and limits are the same with them and without.
    """
    case = Case(rules.of(standing.campaign_id, standing.platforms), state, standing, figures, content, controls, now_us)
    before = state.state
    _read_triggers(case)
    _move(case)
    return [*_speak(case, before), *_tell(case, before)]


def _read_triggers(case: Case) -> None:
    for name in TRIGGERS:
        rule: Trigger | None = getattr(case.rules, name)
        known = case.state.rules.get(name)
        if rule is None:
            if known:
                known.holds, known.calm_since_us = False, NEVER
            continue
        reading = READERS[name](rule, case.standing, case.figures, known.level if known else 0.0)
        case.warm |= reading >= WARM
        if reading == HOT or (known and known.holds):
            _hold(case, case.state.rule(name), rule, reading)


def _hold(case: Case, known: RuleState, rule: Trigger, reading: Reading) -> None:
    """Hysteresis: begin to hold when hot, stop when calm for long enough."""
    if reading == HOT and not known.holds:
        known.holds, known.level = True, case.figures.velocity_5m
    if reading != CALM:
        known.calm_since_us = NEVER
        return
    known.calm_since_us = known.calm_since_us or case.now_us
    if case.now_us - known.calm_since_us >= rule.leave_after * _US:
        known.holds, known.calm_since_us = False, NEVER


def _holding(case: Case) -> list[str]:
    return [name for name in TRIGGERS if name in case.state.rules and case.state.rules[name].holds]


def _move(case: Case) -> None:
    following = _next_state(case, case.rules.states)
    if following != case.state.state:
        case.state.state, case.state.since_us, case.state.calm_since_us = following, case.now_us, NEVER


def _next_state(case: Case, states: States) -> State:
    state = case.state
    lasted_s = (case.now_us - state.since_us) / _US
    if _holding(case):
        if state.state not in _VIRAL:
            return "viral"
        return "sustained" if lasted_s >= states.sustained_after else state.state
    if state.state in _VIRAL:
        return "cooling"
    if state.state == "cooling":
        return "quiet" if lasted_s >= states.cooling_for else "cooling"
    return _rise(case, states)


def _rise(case: Case, states: States) -> State:
    """Between quiet and rising."""
    state = case.state
    if case.warm or state.state == "quiet":
        state.calm_since_us = NEVER
        return "rising" if case.warm else "quiet"
    state.calm_since_us = state.calm_since_us or case.now_us
    return "quiet" if case.now_us - state.calm_since_us >= states.rising_for * _US else "rising"


def _speak(case: Case, before: State) -> Iterator[Alert]:
    """Open, change or close the alert of the triggers."""
    alert, holding = case.state.alert, _holding(case)
    if alert is None:
        opener = next((name for name in holding if _may_open(case, name)), None)
        if opener is not None:
            yield _open(case, opener, holding, before)
    elif not holding:
        yield _close(case, alert, before)
    else:
        yield from _change(case, alert, holding)


def _may_open(case: Case, name: str) -> bool:
    rule = rule_of(case.rules, name)
    return case.state.rules[name].may_open(rule.at_most, rule.cool_down, case.state.closed_us, case.now_us)


def _open(case: Case, name: str, holding: list[str], before: State) -> Alert:
    known = case.state.rules[name]
    known.open(case.now_us)
    alert = OpenAlert(name, known.ordinal, case.now_us, _severity(case, holding), case.state.state, case.now_us)
    case.state.alert = alert
    return message(case, alert, "opened", before, trigger_sentence(case), alert.severity, holding)


def _change(case: Case, alert: OpenAlert, holding: list[str]) -> Iterator[Alert]:
    """Tell that it goes on or grew, but not too often."""
    severity = _severity(case, holding)
    news = alert.told_state != case.state.state or severity >= alert.severity + _MUCH_MORE
    if not news or case.now_us - alert.told_us < case.rules.states.repeat_after * _US:
        return
    before = alert.told_state
    alert.severity, alert.told_state, alert.told_us = max(severity, alert.severity), case.state.state, case.now_us
    alert.sequence += 1
    yield message(case, alert, "changed", before, trigger_sentence(case), alert.severity, holding)


def _close(case: Case, alert: OpenAlert, before: State) -> Alert:
    case.state.alert, case.state.closed_us = None, case.now_us
    alert.sequence += 1
    return message(case, alert, "closed", before, closing_sentence(case, alert), alert.severity, [])


def _severity(case: Case, holding: list[str]) -> int:
    """5 at what it takes, one more for each doubling beyond it, and one more when several triggers agree."""
    strength = max(STRENGTHS[name](getattr(case.rules, name), case.figures) for name in holding)
    doublings = floor(log2(strength)) if strength >= 1 else 0
    return min(_LEAST_VIRAL + doublings + (len(holding) > 1), _MOST)


def _tell(case: Case, before: State) -> Iterator[Alert]:
    """Notices: opened and closed in one message."""
    for notice in notices(case.rules, case.state, case.standing, case.figures, case.content):
        rule, known = rule_of(case.rules, notice.rule), case.state.rule(notice.rule)
        latest = known.opened_us[-1] if known.opened_us else NEVER
        if known.may_open(rule.at_most, rule.cool_down, latest, case.now_us):
            yield _notify(case, notice, before)


def _notify(case: Case, notice: Notice, before: State) -> Alert:
    known = case.state.rule(notice.rule)
    known.open(case.now_us)
    known.level = notice.level
    alert = OpenAlert(notice.rule, known.ordinal, case.now_us, notice.severity, case.state.state, case.now_us)
    return message(case, alert, "opened", before, notice_sentence(case, notice), notice.severity, [], notice)
