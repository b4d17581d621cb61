"""Retractions: by the same actor, or by a moderator; before or after the act that they undo.

A retracted spread stays in the structure (the message did travel through it) and leaves shares and reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade import minutes, reach
from pipeline.cascade.ages import people
from pipeline.cascade.codes import NO_ACT, POST, SHARE

if TYPE_CHECKING:
    from pipeline.cascade.content import Content


def add(content: Content, target: str, actor: int, moderator: bool) -> None:
    """Enter a retraction of `target`, which may not have come yet."""
    content.retractions.setdefault(target, []).append((actor, moderator))
    if content.events.find(target):
        judge(content, target)
    else:
        content.retractions_waiting += 1


def target_arrived(content: Content, target: str) -> None:
    """The target of waiting retractions is there."""
    waiting = content.retractions.get(target)
    if waiting:
        content.retractions_waiting -= len(waiting)
        judge(content, target)


def judge(content: Content, target: str) -> None:
    """Decide again which retractions of `target` hold, against its standing copy."""
    retractions = content.retractions.get(target)
    if retractions is None:
        return
    place = content.events.find(target)
    is_act = place > 0 or content.acts.slot[-1 - place] != NO_ACT
    actor = content.spreads.actor[place - 1] if place > 0 else content.acts.actor[-1 - place]
    holding = len([by for by, moderator in retractions if is_act and (moderator or by == actor)])
    _note_refused(content, target, len(retractions) - holding)
    if place > 0:
        _set_spread_live(content, place - 1, not holding)
    elif is_act:
        _set_act_live(content, -1 - place, not holding)


def _note_refused(content: Content, target: str, refused: int) -> None:
    content.retractions_refused += refused - content.refused.pop(target, 0)
    if refused:
        content.refused[target] = refused


def _set_spread_live(content: Content, node: int, live: bool) -> None:
    change = live - content.tree.live[node]
    if change:
        content.undone -= change
        actor = content.spreads.actor[node]
        content.tree.set_live(node, live)
        minutes.count_act(content, content.spreads.time[node], content.actors.platform[actor], SHARE, 0, change)
        content.ages.add(content.spreads.time[node], 0, change * people(content.spreads.audience[node]))
        reach.recount(content, actor)


def _set_act_live(content: Content, act: int, live: bool) -> None:
    acts = content.acts
    change = live - acts.live[act]
    if change:
        content.undone -= change
        acts.live[act] = live
        actor = acts.actor[act]
        minutes.count_act(content, acts.time[act], content.actors.platform[actor], acts.slot[act], 0, change)
        if acts.slot[act] == POST:
            content.ages.add(acts.time[act], 0, change * people(reach.audience_of(content, act)))
            reach.recount_author(content, actor)
