"""How right guessed parents are, against a hidden truth: `python -m benchmarks.inference`. Prints the tables of docs/inference.md; takes about half a minute of CPU time.

    python -m benchmarks.inference [SEED…]

The same seeds give the same tables on every machine. Thresholds and powers were chosen on seed 1; the published seeds are others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.inference_traffic import PLATFORM, Traffic, samples, walks
from pipeline.ingest.inference.exposed import Exposed
from pipeline.ingest.inference.follows import FollowFile
from pipeline.ingest.inference.methods import Method
from pipeline.ingest.inference.probable import Probable
from pipeline.ingest.inference.rt_text import RtText
from pipeline.ingest.inference.sharers import Sharers
from pipeline.ingest.inference.step import Step
from schemas.wire import micros

SEEDS = (11, 12)
DAY_MS = 24 * 3_600_000
Methods = dict[str, Method]
Contender = Callable[[Traffic], Methods]


@dataclass(slots=True)
class Score:
    """Sums over spreads."""

    spreads: int = 0
    guessed: int = 0
    guessed_right: int = 0
    right: int = 0
    deep: int = 0
    deep_right: int = 0
    depth_off: int = 0
    depth_told: int = 0
    depth_true: int = 0


def _exposed(traffic: Traffic, *, post_first: bool = False) -> Method:
    return Exposed(FollowFile(traffic.follows), post_first=post_first)


WALKS: dict[str, Contender] = {
    "all to the root": lambda _: {},
    "`rt_text`": lambda _: {"rt_text": RtText()},
    "`exposed`": lambda traffic: {"exposed": _exposed(traffic)},
    "`exposed_post_first`": lambda traffic: {"exposed_post_first": _exposed(traffic, post_first=True)},
    "`probable`": lambda _: {"probable": Probable()},
    "`probable`, threshold 0.3": lambda _: {"probable": Probable(threshold=0.3)},
    "`probable`, threshold 0": lambda _: {"probable": Probable(threshold=0.0)},
    "`rt_text+exposed_post_first`": lambda traffic: {
        "rt_text": RtText(),
        "exposed": _exposed(traffic, post_first=True),
    },
    "`rt_text+probable`": lambda _: {"rt_text": RtText(), "probable": Probable()},
}
SAMPLES: dict[str, Contender] = {name: made for name, made in WALKS.items() if "probable" in name and "rt" not in name}
SAMPLES = {"all to the root": WALKS["all to the root"]} | SAMPLES


def score(traffic: Traffic, methods: Methods, total: Score) -> None:
    """Add what the step makes of the traffic. A spread that is not guessed hangs on the post, as in the core."""
    step, told = Step({PLATFORM: methods}, Sharers(DAY_MS)), dict[str, str]()
    for event in traffic.events:
        # What arrives late has happened before; the log knows only when it came.
        if made := step.take(event, micros(event.occurred_at) // 1000):
            told[event.event_id] = made.event.parent_event_id or ""
    posts = {event.event_id: event.parent_event_id or "" for event in traffic.events}
    guessed = {act: told.get(act, posts[act]) for act in traffic.truth}
    _add(total, traffic.truth, guessed, told)


def _add(total: Score, truth: dict[str, str], guessed: dict[str, str], told: dict[str, str]) -> None:
    true_depths, depths = _depths(truth), _depths(guessed)
    for act, parent in truth.items():
        right, deep = guessed[act] == parent, parent in truth
        total.spreads += 1
        total.guessed += act in told
        total.guessed_right += act in told and right
        total.right += right
        total.deep += deep
        total.deep_right += deep and right
        total.depth_off += abs(depths[act] - true_depths[act])
        total.depth_told += depths[act]
        total.depth_true += true_depths[act]


def _depths(parents: dict[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for act in parents:
        chain = [act]
        while chain[-1] in parents and chain[-1] not in found:
            chain.append(parents[chain[-1]])
        for one in reversed(chain):
            found[one] = 0 if one not in parents else found.get(one) or found[parents[one]] + 1
    return found


def table(traffics: list[Traffic], contenders: dict[str, Contender]) -> list[str]:
    """A Markdown table, one row for each contender."""
    rows = [
        "| method | guessed | right of these | right of all | of those not from the post | depth off by | mean depth (true) |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for name, methods in contenders.items():
        total = Score()
        for traffic in traffics:
            score(traffic, methods(traffic), total)
        rows.append(_row(name, total))
    return rows


def _row(name: str, total: Score) -> str:
    told = f"{total.guessed_right / total.guessed:.1%}" if total.guessed else "–"
    return (
        f"| {name} | {total.guessed / total.spreads:.1%} | {told} | {total.right / total.spreads:.1%} "
        f"| {total.deep_right / total.deep:.1%} | {total.depth_off / total.spreads:.2f} "
        f"| {total.depth_told / total.spreads:.2f} ({total.depth_true / total.spreads:.2f}) |"
    )


def main() -> None:
    """Print both tables."""
    seeds = [int(word) for word in sys.argv[1:]] or SEEDS
    for title, traffics, contenders in (
        ("walks on a follow graph", [walks(seed) for seed in seeds], WALKS),
        ("the sample data", [samples(seed) for seed in seeds], SAMPLES),
    ):
        spreads = sum(len(traffic.truth) for traffic in traffics)
        contents = sum(event.kind == "post" for traffic in traffics for event in traffic.events)
        print(f"{title}: {contents} contents, {spreads} spreads, seeds {', '.join(map(str, seeds))}\n")
        print("\n".join(table(traffics, contenders)) + "\n")


if __name__ == "__main__":
    main()
