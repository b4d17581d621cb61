"""One look at one content at one moment: its figures, what the rules say of them, and where its alerts are afterwards. Pure: nothing is changed
but the baselines, so a look whose messages could not be sent is simply forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.cascade.alert_state import AlertState
from pipeline.cascade.alerting import step
from pipeline.cascade.clock import figures, standing
from schemas.alert import with_links
from schemas.changelog import AlertRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.cascade.baselines import Baselines
    from pipeline.cascade.clock import Figures, Standing
    from pipeline.cascade.controls import Controls
    from pipeline.stream.thaw import Held
    from schemas.alert import Alert
    from schemas.rules import Rules

NOTHING_TOLD = AlertRecord(0, is_quiet=True, state=b"")
"""Of a content that no rule ever had anything to say about: almost all."""
MOST_TOLD = 8
"""Messages that travel with a content's alerts, for their rows: those that ClickHouse may not have yet."""
WINDOW_US = 24 * 3_600_000_000
"""The longest window."""
_MARGIN_US = 2 * 60_000_000  # windows are whole minutes
_NEW = AlertState().dump()


@dataclass(frozen=True, slots=True)
class Labels:
    """Structural virality from which a cascade has another form."""

    broadcast_below: float = 2.3
    chain_from: float = 4.0


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of the rules at a look."""

    rules: Rules
    controls: Controls
    page_url: str
    grafana_url: str
    """Addresses for the links of alerts; '' = none."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look came to."""

    held: Held
    now_us: int
    standing: Standing
    figures: Figures
    before: AlertRecord
    after: AlertRecord
    alerts: Sequence[Alert]
    state: str
    severity: int
    facts: int
    """That the content had then."""
    is_put_off: bool = False
    """The rules were not asked, because the clock is behind their last answer: a new owner's, who has not read as far as the last one."""

    @property
    def content_id(self) -> str:
        """Whose look it is."""
        return self.held.content.content_id

    @property
    def has_changed(self) -> bool:
        """Whether there is something to keep."""
        return self.after is not self.before

    @property
    def is_over(self) -> bool:
        """Whether the clock alone changes nothing any more: every window is empty, and nothing is open."""
        return self.after.is_quiet and self.now_us - self.standing.last_us > WINDOW_US + _MARGIN_US


def look(held: Held, before: AlertRecord, baselines: Baselines, labels: Labels, ask: Ask | None, now_us: int) -> Look:
    """Look at a content. `ask` None: the rules are not asked, and its alerts stay as they are. O(rules), whatever the content's size."""
    content = held.content
    baselines.note(content, now_us)
    shown = standing(content)
    expected = baselines.expected_for(content, now_us)
    figured = figures(content, now_us, expected, labels.broadcast_below, labels.chain_from)
    if ask is None or now_us < before.at_us:
        return _quietly(held, before, shown, figured, now_us, is_put_off=ask is not None)
    state = AlertState.load(before.state) if before.state else AlertState()
    told = step(ask.rules, state, shown, figured, content, ask.controls, now_us)
    alerts = [with_links(alert, ask.page_url, ask.grafana_url) for alert in told]
    after = _after(before, state, alerts, now_us)
    return Look(held, now_us, shown, figured, before, after, alerts, state.state, _severity(state), held.tail.total)


def _quietly(
    held: Held, before: AlertRecord, shown: Standing, figured: Figures, now_us: int, *, is_put_off: bool
) -> Look:
    facts = held.tail.total
    if not before.state:
        return Look(held, now_us, shown, figured, before, before, (), "", 0, facts)
    state = AlertState.load(before.state)
    return Look(held, now_us, shown, figured, before, before, (), state.state, _severity(state), facts, is_put_off)


def _after(before: AlertRecord, state: AlertState, alerts: Sequence[Alert], now_us: int) -> AlertRecord:
    packed = state.dump()
    if not alerts and packed == (before.state or _NEW):
        return before
    told = [*before.told, *(alert.encode() for alert in alerts)][-max(MOST_TOLD, len(alerts)) :]
    return AlertRecord(now_us, state.state == "quiet" and state.alert is None, packed, told)


def _severity(state: AlertState) -> int:
    return state.alert.severity if state.alert else 0
