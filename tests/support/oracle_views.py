"""What the analyst views must show, by brute force from the events of many contents. Nothing is shared with the SQL."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from math import floor
from typing import TYPE_CHECKING, Any

from support.oracle import amplifier_row, content_row
from support.oracle_tree import ACTS, ROOT, Actor, Facts, actor_of, largest_audience, microseconds, moment_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from schemas.wire import WireEvent

Row = dict[str, Any]
DAY_US = 86_400_000_000


class World:
    """Contents by id, each as its log tells it."""

    def __init__(self, logs: dict[str, list[WireEvent]], owned: dict[str, set[Actor]] | None = None) -> None:
        self.contents = {content_id: Facts(log, content_id) for content_id, log in logs.items()}
        self.rows = {content_id: content_row(facts, {}) for content_id, facts in self.contents.items()}
        self.owned = owned or {}

    def of_campaign(self, campaign: str) -> list[Facts]:
        return [
            facts for content_id, facts in self.contents.items() if self.rows[content_id]["campaign_id"] == campaign
        ]

    @property
    def campaigns(self) -> set[str]:
        return {row["campaign_id"] for row in self.rows.values()} - {""}

    # Who shared whom

    def v_sharers(self) -> dict[Any, Row]:
        return {
            (content_id, *actor, *sharer): {
                "audience_size": largest_audience(shares),
                "shares": len(shares),
                "first_shared_at": min(microseconds(share.occurred_at) for share in shares),
            }
            for content_id, facts in self.contents.items()
            for actor, people in sharers(facts).items()
            for sharer, shares in people.items()
        }

    def v_first_movers(self) -> dict[Any, Row]:
        first = {content_id: first_share(facts) for content_id, facts in self.contents.items()}
        return {
            (content_id,): {
                "platform": share.platform,
                "actor_id": share.actor_id,
                "event_id": share.event_id,
                "first_shared_at": microseconds(share.occurred_at),
            }
            for content_id, share in first.items()
            if share
        }

    def v_amplifiers(self) -> dict[Any, Row]:
        return {
            (content_id, *actor): amplifier([facts], actor, single=True)
            for content_id, facts in self.contents.items()
            for actor in spreaders([facts])
        }

    def v_campaign_amplifiers(self) -> dict[Any, Row]:
        return {
            (campaign, *actor): amplifier(self.of_campaign(campaign), actor)
            for campaign in self.campaigns
            for actor in spreaders(self.of_campaign(campaign))
        }

    def v_platform_amplifiers(self) -> dict[Any, Row]:
        everything = list(self.contents.values())
        rows = {actor: amplifier(everything, actor) for actor in spreaders(everything)}
        for platform in {platform for platform, _ in rows}:
            ranked = sorted(
                (actor for actor in rows if actor[0] == platform),
                key=lambda actor: (-rows[actor]["downstream_reach"], -rows[actor]["downstream_shares"], actor[1]),
            )
            for place, actor in enumerate(ranked, start=1):
                rows[actor]["place"] = place
        return rows

    def v_advocates(self) -> dict[Any, Row]:
        left_out = {
            "place",
            "sharers",
            "sharers_known",
            *(f"sharers_audience_{mark}" for mark in ("p10", "p50", "p90", "max")),
        }
        return {
            actor: {name: value for name, value in row.items() if name not in left_out}
            for actor, row in self.v_platform_amplifiers().items()
        }

    # Contents and campaigns

    def v_conversion(self) -> dict[Any, Row]:
        return {
            (content_id,): {"campaign_id": row["campaign_id"] or None, "shares": row["shares"]} | conversion([row])
            for content_id, row in self.rows.items()
        }

    def v_campaign(self) -> dict[Any, Row]:
        return {(campaign,): campaign_row(self, campaign) for campaign in self.campaigns}

    # Conversation

    def v_authors(self) -> dict[Any, Row]:
        return {
            (content_id, *author): {
                "posts": len(facts.live(posts)),
                "audience_size": largest_audience(facts.live(posts)),
                "first_posted_at": min(microseconds(post.occurred_at) for post in posts),
            }
            for content_id, facts in self.contents.items()
            for author, posts in by_actor(facts.posts).items()
        }

    def v_conversation(self) -> dict[Any, Row]:
        return {
            (content_id, act.event_id): {
                "kind": act.kind,
                "platform": act.platform,
                "actor_id": act.actor_id,
                "occurred_at": microseconds(act.occurred_at),
                "addressed": addressed(facts, act),
                "to_others": to_others(facts, act),
            }
            for content_id, facts in self.contents.items()
            for act in talk(facts)
        }

    def v_accounts(self) -> dict[Any, Row]:
        accounts = Accounts(self)
        return {account: accounts.row(account) for account in accounts.all}


def by_actor(acts: Iterable[WireEvent]) -> dict[Actor, list[WireEvent]]:
    found: dict[Actor, list[WireEvent]] = defaultdict(list)
    for act in acts:
        found[actor_of(act)].append(act)
    return found


def sharers(facts: Facts) -> dict[Actor, dict[Actor, list[WireEvent]]]:
    """By actor: by other actor the live shares that hang on a spread of the first."""
    found: dict[Actor, dict[Actor, list[WireEvent]]] = defaultdict(lambda: defaultdict(list))
    for share in facts.live(facts.spreads):
        parent, _ = facts.placed[share.event_id]
        if parent != ROOT and actor_of(facts.standing[parent]) != actor_of(share):
            found[actor_of(facts.standing[parent])][actor_of(share)].append(share)
    return found


def first_share(facts: Facts) -> WireEvent | None:
    return min(facts.live(facts.spreads), key=moment_key, default=None)


def spreaders(contents: list[Facts]) -> set[Actor]:
    return {actor_of(spread) for facts in contents for spread in facts.spreads}


def percentile(values: list[int], share: float) -> int | None:
    """The value at place floor(share * n) of the values in order, counted from 0."""
    return sorted(values)[min(len(values) - 1, floor(share * len(values)))] if values else None


def audiences(people: dict[Actor, list[int | None]]) -> Row:
    """Sharers and the distribution of their audiences, each person with the largest that is known."""
    largest = [max((one for one in known if one is not None), default=None) for known in people.values()]
    known = [one for one in largest if one is not None]
    return {
        "sharers": len(people),
        "sharers_known": len(known),
        "sharers_audience_p10": percentile(known, 0.1),
        "sharers_audience_p50": percentile(known, 0.5),
        "sharers_audience_p90": percentile(known, 0.9),
        "sharers_audience_max": max(known, default=None),
    }


def amplifier(contents: list[Facts], actor: Actor, *, single: bool = False) -> Row:
    """One actor over these contents, or over a single one."""
    own = [facts for facts in contents if actor in spreaders([facts])]
    rows = [(facts, amplifier_row(facts, actor)) for facts in own]
    earliest = min(rows, key=lambda pair: (pair[1]["shares"] == 0, pair[1]["first_shared_at"], pair[0].content_id))[1]
    shares = sum(row["shares"] for _, row in rows)
    downstream = sum(row["downstream_shares"] for _, row in rows)
    moves = sum(first_share(facts) is not None and actor_of(first_share(facts)) == actor for facts in own)
    people: dict[Actor, list[int | None]] = defaultdict(list)
    for facts in own:
        for sharer, found in sharers(facts).get(actor, {}).items():
            people[sharer] += [share.audience_size for share in found]
    moved = {"contents": sum(row["shares"] > 0 for _, row in rows), "first_moves": moves}
    return {
        **({"first_mover": moves == 1} if single else moved),
        "shares": shares,
        "audience_size": max((row["audience_size"] for _, row in rows if row["audience_size"] >= 0), default=None),
        "downstream_shares": downstream,
        "downstream_reach": sum(row["downstream_reach"] for _, row in rows),
        "amplification": downstream / shares if shares else None,
        "depth": earliest["depth"],
        "first_shared_at": earliest["first_shared_at"],
        "spreads": sum(row["spreads"] for _, row in rows),
        **audiences(people),
    }


def conversion(rows: list[Row]) -> Row:
    views = sum(max(row["views"], row["counted_views"]) for row in rows)
    clicks = sum(max(row["clicks"], row["counted_clicks"]) for row in rows)
    shares = sum(row["shares"] for row in rows)
    return {
        "views": views,
        "clicks": clicks,
        "shares_per_view": shares / views if views else None,
        "shares_per_click": shares / clicks if clicks else None,
    }


def campaign_row(world: World, campaign: str) -> Row:
    contents = world.of_campaign(campaign)
    rows = [world.rows[facts.content_id] for facts in contents]
    posts = by_actor(post for facts in contents for post in facts.live(facts.posts))
    authors = {author for facts in contents for author in facts.authors}
    shares = by_actor(share for facts in contents for share in facts.live(facts.spreads))
    audience = {sharer: largest_audience(own) for sharer, own in shares.items() if sharer not in authors}
    known = [one for one in audience.values() if one is not None]
    primary = sum(largest_audience(own) or 0 for own in posts.values())
    return {
        "contents": len(rows),
        "platforms": sorted({platform for row in rows for platform in row["platforms"]}),
        "first_seen": min(row["first_seen"] for row in rows),
        "last_seen": max(row["last_seen"] for row in rows),
        **{name: sum(row[name] for row in rows) for name in ("posts", "shares", "likes", "comments", "mentions")},
        "depth": max(row["depth"] for row in rows),
        "depth_exact": max(row["depth_exact"] for row in rows),
        "primary_reach": primary,
        "secondary_reach": sum(known),
        "potential_reach": primary + sum(known),
        "sharers": len(audience),
        "sharers_known": len(known),
        "audience_coverage": len(known) / len(audience) if audience else None,
        "viral_contents": None,
        **conversion(rows),
    }


def talk(facts: Facts) -> list[WireEvent]:
    """Live comments and mentions."""
    return [act for act in facts.live(facts.acts) if act.kind in {"comment", "mention"}]


def addressed(facts: Facts, act: WireEvent) -> set[Actor]:
    if act.parent_actor_id is not None:
        return {(act.platform, act.parent_actor_id)}
    named = facts.standing.get(act.parent_event_id or "")
    if named is not None and named.kind in ACTS:
        return {actor_of(named)}
    return set(facts.authors) if act.kind == "comment" else set()


def to_others(facts: Facts, act: WireEvent) -> bool:
    return addressed(facts, act) != {actor_of(act)}


def ratio(above: int, below: int) -> float | None:
    return above / below if below else None


class Accounts:
    """Who shared whom, and who turned to whom, over all contents."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.contents = list(world.contents.values())
        self.shared: dict[Actor, dict[Actor, list[WireEvent]]] = defaultdict(lambda: defaultdict(list))
        self.turned: dict[tuple[Actor, Actor], list[int]] = defaultdict(list)
        for facts in self.contents:
            for share in facts.live(facts.spreads):
                for origin in origins(facts, share):
                    self.shared[origin][actor_of(share)].append(share)
                    self.turned[actor_of(share), origin].append(microseconds(share.occurred_at))
            for act in talk(facts):
                for person in addressed(facts, act) - {actor_of(act)}:
                    self.turned[actor_of(act), person].append(microseconds(act.occurred_at))

    @cached_property
    def all(self) -> set[Actor]:
        live = [
            *(facts.live(facts.spreads) for facts in self.contents),
            *([act for act in talk(facts) if to_others(facts, act)] for facts in self.contents),
        ]
        acted = {actor_of(act) for acts in live for act in acts}
        authors = {author for facts in self.contents for author in facts.authors}
        owned = {account for accounts in self.world.owned.values() for account in accounts}
        return acted | authors | owned | set(self.shared)

    def count(self, account: Actor, wanted: Callable[[Facts], Iterable[WireEvent]]) -> int:
        return sum(actor_of(act) == account for facts in self.contents for act in wanted(facts))

    def row(self, account: Actor) -> Row:
        posts = self.count(account, lambda facts: facts.live(facts.posts))
        two_way = self.count(account, lambda facts: facts.live(facts.posts) if talks(facts, account) else [])
        of_others = self.count(account, lambda f: f.live(f.spreads) if account not in f.authors else [])
        people = self.shared[account]
        answered = sum(self.answered(account, other) for other in people)
        return {
            "posts": posts,
            "shares_of_others": of_others,
            "own_shares": self.count(account, lambda f: f.live(f.spreads) if account in f.authors else []),
            "replies": self.count(account, lambda f: [a for a in talk(f) if a.kind == "comment" and to_others(f, a)]),
            "mentions": self.count(account, lambda f: [a for a in talk(f) if a.kind == "mention" and to_others(f, a)]),
            "share_ratio": ratio(posts, of_others),
            "one_way_posts": posts - two_way,
            "two_way_posts": two_way,
            "two_way_ratio": ratio(posts - two_way, two_way),
            "reciprocated": answered,
            "reciprocity": ratio(answered, len(people)),
            **audiences({other: [share.audience_size for share in shares] for other, shares in people.items()}),
            "owned_by": sorted(name for name, accounts in self.world.owned.items() if account in accounts),
        }

    def answered(self, account: Actor, other: Actor) -> bool:
        shares = [microseconds(share.occurred_at) for share in self.shared[account][other]]
        return any(
            share <= turn <= share + DAY_US for share in shares for turn in self.turned.get((account, other), [])
        )


def origins(facts: Facts, share: WireEvent) -> set[Actor]:
    """Whom a share is a share of: the authors of the content, and whose spread it hangs on."""
    parent, _ = facts.placed[share.event_id]
    above = {actor_of(facts.standing[parent])} if parent != ROOT else set()
    return (facts.authors | above) - {actor_of(share)}


def talks(facts: Facts, account: Actor) -> bool:
    return any(actor_of(act) == account and to_others(facts, act) for act in talk(facts))
