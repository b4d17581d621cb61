"""Who hangs on whom: the parent of a spread as a function of the set of events, whatever their order.

`parent_event_id` outranks `parent_actor_id`, which serves until that event arrives. A spread whose parent is not known hangs on the
root until it is. In a cycle the spread with the smallest (occurred_at, event_id) hangs on the root.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade.codes import (
    AT_ROOT,
    BY_ACTOR,
    BY_EVENT,
    CYCLE,
    NOBODY,
    NOT_A_SPREAD,
    NOT_NAMED,
    NOTHING,
    POST,
    ROOT,
    SELF,
    THE_ROOT,
    UNRESOLVED,
)
from pipeline.cascade.minutes import move
from pipeline.cascade.stack import Stack

if TYPE_CHECKING:
    from pipeline.cascade.content import Content


def resolve(content: Content, node: int) -> tuple[int, int]:
    """The parent that the standing copy asks for and how it was found: (node or ROOT, status)."""
    spreads = content.spreads
    named = spreads.named[node]
    if named == spreads.event[node]:
        return ROOT, SELF
    if named == THE_ROOT:
        return ROOT, AT_ROOT
    place = content.events.place[named] if named >= 0 else 0
    if place > 0:
        return place - 1, BY_EVENT
    if place < 0:
        return ROOT, AT_ROOT if content.acts.slot[-1 - place] == POST else NOT_A_SPREAD
    if spreads.named_actor[node] != NOBODY:
        return _by_actor(content, node)
    return ROOT, NOT_NAMED if named == NOTHING else UNRESOLVED


def _by_actor(content: Content, node: int) -> tuple[int, int]:
    spreads, actor = content.spreads, content.spreads.named_actor[node]
    theirs = content.actors.spreads(actor)
    earlier = spreads.position(theirs, node, False)
    if earlier:
        return theirs.number[earlier - 1], BY_ACTOR
    return ROOT, AT_ROOT if actor in content.actors.posts else UNRESOLVED


def enlist(content: Content, node: int) -> None:
    """Remember what a late arrival must place again: the event and the actor that this spread waits for."""
    spreads = content.spreads
    named, actor = spreads.named[node], spreads.named_actor[node]
    if named == THE_ROOT or (named >= 0 and content.events.place[named]):
        return
    if named >= 0:
        content.waiting.setdefault(named, []).append(node)
    if actor != NOBODY:
        followers = content.followers.get(actor)
        if followers is None:
            followers = content.followers[actor] = Stack()
        followers.insert(spreads.position(followers, node, True), node)


def delist(content: Content, node: int) -> None:
    """Undo `enlist`, before the facts of the spread change."""
    named = content.spreads.named[node]
    waiting = content.waiting.get(named)
    if waiting is not None and node in waiting:
        waiting.remove(node)
        if not waiting:
            del content.waiting[named]
    _unfollow(content, node)


def event_arrived(content: Content, number: int) -> None:
    """Place again every spread that waited for this event. It decides from now on: they follow no actor any more."""
    for node in content.waiting.pop(number, ()):
        _unfollow(content, node)
        relink(content, node)


def actor_changed(content: Content, actor: int, after: int) -> None:
    """Place again the spreads that a change at `after` (a spread of this actor that came or goes) can concern.

    Those are the ones after it and not after the actor's next spread.
    """
    followers = content.followers.get(actor)
    if followers is None:
        return
    spreads = content.spreads
    theirs = content.actors.spreads(actor)
    following = spreads.position(theirs, after, True)
    start = spreads.position(followers, after, True)
    end = followers.rows
    if following < theirs.rows:
        end = spreads.position(followers, theirs.number[following], True)
    for node in followers.listed(start, end):
        relink(content, node)


def author_arrived(content: Content, actor: int) -> None:
    """Place again the spreads that follow an actor who has just become an author."""
    followers = content.followers.get(actor)
    if followers is not None:
        for node in followers.listed(0, followers.rows):
            relink(content, node)


def relink(content: Content, node: int) -> None:
    """Give a spread the parent that it asks for now."""
    parent, status = resolve(content, node)
    if node in content.broken:
        if content.broken[node] == parent:
            return
        del content.broken[node]
    elif content.tree.parent[node] != parent:
        open_cycle(content, node)
    hang(content, node, parent, status)


def hang(content: Content, node: int, parent: int, status: int) -> None:
    """Hang a spread, which lies on no cycle, on `parent`; a cycle that this closes is cut at its earliest spread."""
    tree = content.tree
    if tree.under(parent, node):
        first = _earliest(content, node, parent)
        content.broken[first] = parent if first == node else tree.parent[first]
        if first == node:
            parent, status = ROOT, CYCLE
        else:
            move(content, first)
            set_status(content, first, CYCLE)
    if tree.parent[node] != parent:
        move(content, node, parent)
    set_status(content, node, status)


def open_cycle(content: Content, node: int) -> None:
    """If a spread that is about to leave its place lies on a cut cycle, hang it on the root and mend the cut."""
    if not content.broken:
        return
    tree = content.tree
    top = tree.top(node)
    wanted: int = content.broken.get(top, ROOT)
    if top == node or not tree.under(wanted, node):
        return
    move(content, node)
    del content.broken[top]
    move(content, top, wanted)
    set_status(content, top, resolve(content, top)[1])


def leave(content: Content, node: int) -> None:
    """Hang a spread on the root as if it asked for no parent, mending the cycle that it lay on."""
    if node in content.broken:
        del content.broken[node]
    else:
        open_cycle(content, node)
    if content.tree.parent[node] != ROOT:
        move(content, node)


def set_status(content: Content, node: int, status: int) -> None:
    """Note how a spread got its place."""
    before = content.spreads.status[node]
    if before != status:
        content.status_counts[before] -= 1
        content.status_counts[status] += 1
        content.spreads.status[node] = status
        content.tree.place(node)


def _earliest(content: Content, node: int, parent: int) -> int:
    """The first in the order of acts of the spreads from `parent` up to its ancestor `node`."""
    first = node
    while parent != node:
        if content.spreads.before(parent, first):
            first = parent
        parent = content.tree.parent[parent]
    return first


def _unfollow(content: Content, node: int) -> None:
    actor = content.spreads.named_actor[node]
    followers = content.followers.get(actor) if actor != NOBODY else None
    if followers is None:
        return
    at = content.spreads.position(followers, node, False)  # thousands may wait for one event: no search from the front
    if at < followers.rows and followers.number[at] == node:
        followers.drop(at)
        if not followers.rows:
            del content.followers[actor]
