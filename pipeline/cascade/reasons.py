"""Why an alert was sent: one sentence with numbers, the evidence behind it, and the message that carries both."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING

from pipeline.cascade.amplifiers import top_amplifiers
from schemas.alert import MAX_SPREADERS, Alert, Spreader, moment
from schemas.dead_letter import one_line
from schemas.platforms import label

if TYPE_CHECKING:
    from pipeline.cascade.alert_state import AlertState, OpenAlert
    from pipeline.cascade.clock import Figures, Standing
    from pipeline.cascade.content import Content
    from pipeline.cascade.controls import Controls
    from pipeline.cascade.notices import Notice
    from schemas.alert import Kind, State
    from schemas.rule_types import RuleSet

_US = 1_000_000
_WINDOW_MINUTES = 5
_WORTH_A_WORD = 1.5
"""Ratios below say nothing."""
_NAME_CHARACTERS = 60
_DIGITS = 4

_KINDS = {"broadcast": "a broadcast", "mixed": "broadcast and chain mixed", "chain": "a chain"}


@dataclass(slots=True)
class Case:
    """Everything that is known when a content is judged at one moment."""

    rules: RuleSet
    state: AlertState
    standing: Standing
    figures: Figures
    content: Content
    controls: Controls
    now_us: int
    warm: bool = False
    """Whether a trigger says that the content is rising."""

    @property
    def age_s(self) -> float:
        """Since the first act."""
        return max(0.0, (self.now_us - self.standing.first_us) / _US)


def message(
    case: Case,
    alert: OpenAlert,
    kind: Kind,
    previous: State,
    summary: str,
    severity: int,
    holding: list[str],
    notice: Notice | None = None,
) -> Alert:
    """The message about `alert` at this moment. A notice is over when it is told."""
    content_id, standing = case.content.content_id, case.standing
    identity = alert.id(content_id)
    muted = case.controls.muted(content_id, standing.campaign_id, alert.rule, case.now_us)
    repeat = kind == "changed" and case.controls.acknowledged(identity)
    return Alert(
        alert_id=identity,
        sequence=alert.sequence,
        kind=kind,
        rule=alert.rule,
        state=case.state.state,
        previous_state=previous,
        severity=severity,
        content_id=content_id,
        campaign_id=standing.campaign_id or None,
        platforms=list(standing.platforms),
        opened_at=moment(alert.opened_us),
        at=moment(case.now_us),
        closed_at=moment(case.now_us) if notice or kind == "closed" else None,
        summary=summary,
        evidence=evidence(case, alert.rule, holding, notice),
        top_spreaders=spreaders(case.content),
        muted=muted or repeat,
    )


def spreaders(content: Content) -> list[Spreader]:
    """Who carried it furthest."""
    return [
        Spreader(
            platform=platform,
            actor_id=actor,
            downstream_shares=shares,
            downstream_reach=reach,
            audience_size=audience,
            depth=depth,
        )
        for platform, actor, shares, reach, audience, depth in top_amplifiers(content, MAX_SPREADERS)
    ]


def evidence(case: Case, rule: str, holding: list[str], notice: Notice | None = None) -> dict[str, int | float | str]:
    """The figures of the moment, what a notice is about, and what the rule was told (`rule_…`)."""
    standing, figures = case.standing, case.figures
    window, hour = figures.windows["5m"], figures.windows["1h"]
    found: dict[str, int | float | str | None] = {
        "age_s": case.age_s,
        "shares": standing.shares,
        "shares_5m": window.shares,
        "shares_1h": hour.shares,
        "velocity_5m": figures.velocity_5m,
        "acceleration": figures.acceleration,
        "expected_per_minute": figures.expected_per_minute,
        "z": figures.z,
        "previous_z": figures.previous_z,
        "poisson_p": figures.poisson_p,
        "expected": figures.expected,
        "viral_score": figures.viral_score,
        "predicted_size": figures.predicted_size,
        "predicted_low": figures.predicted_low,
        "predicted_high": figures.predicted_high,
        "depth": standing.depth,
        "depth_exact": standing.depth_exact,
        "r": standing.r,
        "live_r": figures.live_r,
        "structural_virality": standing.structural_virality,
        "label": figures.label,
        "primary_reach": standing.primary_reach,
        "secondary_reach": standing.secondary_reach,
        "secondary_reach_1h": hour.secondary_reach,
        "triggers": ", ".join(holding),
    }
    found |= notice.evidence() if notice else {}
    told = getattr(case.rules, rule)
    settings = told.model_dump() if told else {}
    found |= {f"rule_{name}": _plain(value) for name, value in settings.items()}
    return {name: _rounded(value) for name, value in found.items() if _tellable(value)}  # type: ignore[arg-type]  # None is not tellable


def _plain(value: object) -> int | float | str:
    return value if isinstance(value, int | float | str) else ", ".join(map(str, value))  # type: ignore[call-overload]  # lists of marks


def _tellable(value: float | str | None) -> bool:
    """JSON has no infinity, and what is not known is left out."""
    return value not in (None, "") and (isinstance(value, str) or isfinite(value))


def _rounded(value: float | str) -> float | str:
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def trigger_sentence(case: Case) -> str:
    """Why a content is viral: pace, peers, forecast, carrier, kind of spread."""
    told = (_pace(case), _peers(case), _to_come(case), _carrier(case.content), _shape(case))
    return "; ".join(part for part in (", ".join(filter(None, told[:2])), *told[2:]) if part) + "."


def closing_sentence(case: Case, alert: OpenAlert) -> str:
    """How it ended."""
    lasted = duration((case.now_us - alert.opened_us) / _US)
    standing = case.standing
    return (
        f"Calm after {lasted}: {_shares(case.figures.windows['1h'].shares)} in the last hour, {standing.shares:,} in all; "
        f"{_shape(case)}."
    )


def notice_sentence(case: Case, notice: Notice) -> str:
    """What happened, and how large the content is."""
    so_far = f"{_shares(case.standing.shares)} in {duration(case.age_s)}"
    if notice.sharer is not None:
        who = _name(notice.sharer.actor_id)
        return (
            f"{who} ({short(notice.sharer.audience)} followers on {label(notice.sharer.platform)}) shared it, "
            f"in generation {notice.sharer.depth}; {so_far}."
        )
    if notice.before is not None:
        return (
            f"From {_per_minute(notice.before)} to {_per_minute(notice.value)} within 5 min; {so_far}: "
            "taken down, or not tracked any more?"
        )
    said = {
        "depth": f"The cascade is {notice.value:.0f} generations deep (mark {notice.mark:g})",
        "r": f"Each share brings {notice.value:.2f} more (live R, mark {notice.mark:g})",
        "secondary_reach": f"The audience of the audience is {short(notice.value)} people (mark {short(notice.mark)})",
    }[notice.rule]
    return f"{said}; {so_far}; {_shape(case)}."


def _pace(case: Case) -> str:
    figures = case.figures
    shares, expected = figures.windows["5m"].shares, figures.expected_per_minute
    ratio = shares / (expected * _WINDOW_MINUTES) if expected > 0 else inf
    if case.age_s < 2 * _WINDOW_MINUTES * 60:
        return f"{_shares(case.standing.shares)} in its first {duration(case.age_s)}"
    pace = f"{_shares(shares)} in 5 min"
    return f"{pace}, {times(ratio)} its own pace ({_per_minute(expected)})" if _WORTH_A_WORD <= ratio < inf else pace


def _peers(case: Case) -> str:
    score = case.figures.viral_score
    if score is None or score < _WORTH_A_WORD:
        return ""
    platforms = case.standing.platforms
    whose = f"{label(platforms[0])} contents have" if len(platforms) == 1 else "others have"
    return f"{times(score)} what {whose} at {duration(case.age_s)}"


def _to_come(case: Case) -> str:
    figures = case.figures
    if figures.accelerating or not isfinite(figures.predicted_high):
        return f"still accelerating, forecast at least {approximately(figures.predicted_low)}"
    low, high = approximately(figures.predicted_low), approximately(figures.predicted_high)
    mark = case.rules.forecast.at_least if case.rules.forecast else inf
    beyond = f", above {approximately(mark)}" if figures.predicted_size >= mark else ""
    return f"forecast {approximately(figures.predicted_size)} ({low} to {high}){beyond}"


def _carrier(content: Content) -> str:
    found = next(iter(spreaders(content)), None)
    if found is None or not found.downstream_shares:
        return ""
    known = f" ({short(found.audience_size)} followers)" if found.audience_size is not None else ""
    return f"carried by {_name(found.actor_id)}{known}"


def _shape(case: Case) -> str:
    """R is the live one, as everywhere that people read it; while no spread has lived at all, what they have begotten so far."""
    r = case.figures.live_r or case.standing.r
    return f"{_KINDS[case.figures.label]}: depth {case.standing.depth}, R {r:.1f}"


def _shares(count: int) -> str:
    return f"{count:,} share{'' if count == 1 else 's'}"


def _name(actor_id: str) -> str:
    return one_line(actor_id, _NAME_CHARACTERS)


def _per_minute(rate: float) -> str:
    return f"{approximately(rate)}/min"


def times(ratio: float) -> str:
    """A factor: 6.4×, 14×."""
    return f"{ratio:.1f}×" if ratio < 10 else f"{approximately(ratio)}×"  # noqa: PLR2004 -- two digits say enough


def approximately(number: float) -> str:
    """Two digits of it, more when it is below 100: 0.3, 6, 2,100."""
    if number < 10:  # noqa: PLR2004 -- below, tenths count
        return f"{number:.1f}".removesuffix(".0")
    digits = len(str(int(number)))
    return f"{round(number, 2 - digits):,.0f}"


def short(number: float) -> str:
    """People, as one says it: 950, 12K, 1.2M, 3B."""
    for unit, size in (("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if number >= size:
            return f"{approximately(number / size)}{unit}"
    return f"{number:.0f}"


def duration(seconds: float) -> str:
    """A length of time, as one says it: 40 s, 12 min, 3.5 h, 2 days."""
    if seconds < 90:  # noqa: PLR2004 -- from here on the next unit says it
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{approximately(seconds / 3600)} h" if seconds < 48 * 3600 else f"{approximately(seconds / 86400)} days"
