"""Real cascades (Twitter15/16 propagation trees) as version-1 events.

The trees carry no audiences: they are drawn from the followers of real retweeters in another data set, and say so in
`attributes.audience = "drawn"`. Parents were reconstructed by the authors of the data: `parent_basis = "inferred"`. Each cascade is
shifted so that its last share is now.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

CAMPAIGNS = 20


@dataclass(frozen=True, slots=True)
class Share:
    """One row of the data, dated and with an audience; `parent` is '' for the post itself."""

    content: str
    event: str
    parent: str
    actor: str
    at_us: int
    audience: int
    kind: str = "share"
    target: str = ""


def read(trees: Path, followers: Path, now_us: int, contents: int | None = None, seed: int = 7) -> list[Share]:
    """The shares of all (or the first `contents`) cascades, each cascade in the order of the file."""
    rng = random.Random(seed)
    with gzip.open(followers, "rt") as lines:
        audiences = [int(row["followers"]) for row in csv.DictReader(lines)]
    cascades: dict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(trees, "rt") as lines:
        for row in csv.DictReader(lines):
            cascades[row["content_id"]].append(row)
    return [share for rows in list(cascades.values())[:contents] for share in _dated(rows, now_us, audiences, rng)]


def _dated(rows: list[dict[str, str]], now_us: int, audiences: list[int], rng: random.Random) -> list[Share]:
    last = max(float(row["t_rel_s"]) for row in rows)
    return [
        Share(
            row["content_id"],
            row["event_id"],
            row["parent_id"],
            row["actor"],
            now_us - round((last - float(row["t_rel_s"])) * 1e6),
            rng.choice(audiences),
            kind="share" if row["parent_id"] else "post",
        )
        for row in rows
    ]


def spoil(shares: list[Share], seed: int = 11) -> list[Share]:
    """The same cascades with what real streams bring: 5 % repeat sharers, authors who share themselves, 1 % retractions, 3 % copies, in any order."""
    rng = random.Random(seed)
    cascades: dict[str, list[Share]] = defaultdict(list)
    for share in shares:
        cascades[share.content].append(share)
    spoiled = [share for cascade in cascades.values() for share in _spoil_cascade(cascade, rng)]
    spoiled += rng.sample(spoiled, len(spoiled) * 3 // 100)
    rng.shuffle(spoiled)
    return spoiled


def _spoil_cascade(cascade: list[Share], rng: random.Random) -> list[Share]:
    author = next(share for share in cascade if share.kind == "post")
    actors = [share.actor for share in cascade]
    result = []
    for share in cascade:
        if share.kind == "share" and rng.random() < 0.05:
            share = replace(share, actor=author.actor if rng.random() < 0.1 else rng.choice(actors))  # noqa: PLW2901 -- the row as it is sent
        result.append(share)
        if rng.random() < 0.01:
            result.append(
                replace(
                    share,
                    kind="retract",
                    event=f"{share.event}#undo",
                    parent="",
                    target=share.event,
                    at_us=share.at_us + 1,
                )
            )
    return result


def broken_records(count: int, seed: int = 13) -> list[bytes]:
    """Values that must become dead letters, of every kind."""
    rng = random.Random(seed)
    good = encode(Share("broken", "b", "", "somebody", 1_700_000_000_000_000, 1, kind="share"))
    makers = [
        lambda: b"not json at all",
        lambda: good[: rng.randrange(1, len(good) - 1)],
        lambda: b"\xff\xfe" + good,
        lambda: good.replace(b'"audience_size":1', b'"audience_size":-5'),
        lambda: good.replace(b'"audience_size":1', b'"audience_size":"many"'),
        lambda: good.replace(b'"kind":"share"', b'"kind":"telepathy"'),
        lambda: good.replace(b"2023-", b"1999-"),
        lambda: good.replace(b"2023-", b"2999-"),
        lambda: good.replace(b'{"', b'{"unknown_field":1,"', 1),
        lambda: b'{"event_id":"' + b"x" * 900_000 + b'"}',
        lambda: b"[]",
        lambda: b"",
    ]
    # The million-byte value only now and then: a thousand of them would be a gigabyte.
    weights = [1.0] * 9 + [0.05] + [1.0] * 2
    return [rng.choices(makers, weights)[0]() for _ in range(count)]


def encode(share: Share) -> bytes:
    """One version-1 event as JSON."""
    event: dict[str, object] = {
        "event_id": share.event,
        "kind": share.kind,
        "platform": "twitter",
        "content_id": share.content,
        "actor_id": share.actor,
        "occurred_at": datetime.fromtimestamp(share.at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        + f".{share.at_us % 1_000_000:06d}Z",
        "campaign_id": campaign(share.content),
        "schema_version": 1,
    }
    if share.kind == "retract":
        event["target_event_id"] = share.target
    else:
        event |= {"audience_size": share.audience, "attributes": {"audience": "drawn"}}
    if share.parent:
        event |= {"parent_event_id": share.parent, "parent_basis": "inferred"}
    return msgspec.json.encode(event)


def campaign(content: str) -> str:
    """One of a few campaigns, the same on every machine."""
    return f"campaign-{int(hashlib.sha256(content.encode()).hexdigest()[:8], 16) % CAMPAIGNS}"
