"""A sweep: the questions that one look at a feed needs, one after the other. Pure: from a mark and an answer to the next mark."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from pipeline.ingest.collect.pollers.asking import Answer, Asked, Feed, Found, Mark, Request

_DIGEST_BYTES: Final = 6
MOST_PENDING: Final = 64
"""Questions that a sweep may have before it. More would be a loop in what a platform answers."""


def question(feed: Feed, asked: Asked) -> Request:
    """What is to be asked next: the rest of a sweep under way, or the first question of a new one."""
    pending = asked.mark.pending
    return pending[0] if pending else feed.first(asked)


def conditions(mark: Mark, request: Request) -> dict[str, str]:
    """The headers with which an unchanged answer is a 304. Only for the very question that the validators came with."""
    if mark.pending or mark.asked != _digest(request):
        return {}
    told = {"If-None-Match": mark.etag, "If-Modified-Since": mark.modified}
    return {name: value for name, value in told.items() if value}


def moved(mark: Mark, request: Request, answer: Answer, found: Found) -> Mark:
    """The mark after an answer: valid once all that was found is dealt with."""
    waiting = [*mark.pending[1:], *found.more][:MOST_PENDING]
    top = max(mark.top, found.newest)
    facts: dict[str, Any] = {"known": mark.known if found.known is None else found.known}
    if not mark.pending:  # the first answer of a sweep stands for it: the newest is in it
        facts |= {
            "asked": _digest(request),
            "etag": answer.headers.get("ETag", ""),
            "modified": answer.headers.get("Last-Modified", ""),
        }
    if waiting:
        return msgspec.structs.replace(mark, top=top, pending=waiting, missing=0, **facts)
    return msgspec.structs.replace(mark, newest=max(mark.newest, top), top=0, pending=[], missing=0, **facts)


def unchanged(mark: Mark) -> Mark:
    """After a 304: the post is there."""
    return msgspec.structs.replace(mark, missing=0)


def anew(mark: Mark) -> Mark:
    """After a refused page (cursors grow old): the sweep begins again, without validators, from the same newest item."""
    return msgspec.structs.replace(mark, top=0, pending=[], asked="", etag="", modified="")


def skipped(mark: Mark) -> Mark:
    """After a refused detail: the sweep goes on with the next question, or is at its end."""
    left = mark.pending[1:]
    done = {} if left else {"newest": max(mark.newest, mark.top), "top": 0}
    return msgspec.structs.replace(mark, pending=left, **done)


def missed(mark: Mark) -> Mark:
    """After an answer that there is no such post."""
    return msgspec.structs.replace(anew(mark), missing=mark.missing + 1)


def _digest(request: Request) -> str:
    return hashlib.blake2b(request.path.encode(), digest_size=_DIGEST_BYTES).hexdigest()
