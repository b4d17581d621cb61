"""docs/platforms.md, made from what each mapping says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from pipeline.ingest.platforms.registry import REGISTRY
from schemas.wire import Kind

if TYPE_CHECKING:
    from pipeline.ingest.platforms.seam import PlatformMapping

_HEAD: Final = """\
# Platforms: what each tells, and what not

Written by `make generate` from `pipeline/ingest/platforms/`; a test fails while it is stale.

A mapping turns one payload into version-1 events, undos for `share.undo`, parts that are known and not ours, and parts
that are refused: dead letters with the payload, never guesses. It asks nobody: what it does not find in the payload comes
from the reader's context (campaign, looked-up audiences, contents of acts already seen).

- **parent**: `exact` the platform names the share or post that an act came through; *the original only* is `root_only`:
  the depth of such a share is known to be at least 1; `cascades infer` may guess through whom it came ([inference.md](inference.md)).
- **undo**: *content not told* goes to `share.undo`, where the content of the undone act is looked up.
- Ids begin with the platform's name; pages have the content id `web:<address>` on every platform, without campaign tags.
- A person whom the platform leaves out is `anonymous:<act>`: the act counts, and nobody else is made of it.
- Names and texts of people are not kept. The exception is X, which numbers people and writes of them by name: its posts, shares and
  quotes keep the author's public handle as the attribute `actor_name`, where the payload has it
  ([why](decisions/0210-a-public-handle-beside-the-number.md)).
"""
_FIRST: Final = ("platform", "acts", "parent", "audience", "undo", "does not tell")
_SECOND: Final = ("platform", "`/webhooks/…`, `--format`", "payloads", "authentication", "time")
_ORDER: Final = {kind: place for place, kind in enumerate(get_args(Kind))}


def document() -> str:
    """The whole page, as Markdown."""
    mappings = REGISTRY.values()
    first = _table(_FIRST, [_told(mapping) for mapping in mappings])
    second = _table(_SECOND, [_taken(mapping) for mapping in mappings])
    return f"{_HEAD}\n## What comes of it\n\n{first}\n\n## What is read\n\n{second}\n"


def _told(mapping: PlatformMapping) -> tuple[str, ...]:
    covers = mapping.covers
    acts = " ".join(sorted(covers.kinds, key=_ORDER.__getitem__))
    return (mapping.label, acts, covers.parent, covers.audience, covers.undo, covers.untold)


def _taken(mapping: PlatformMapping) -> tuple[str, ...]:
    covers = mapping.covers
    return (mapping.label, f"`{mapping.name}`", covers.payloads, covers.authentication, covers.time)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)
