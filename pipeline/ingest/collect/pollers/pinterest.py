"""Pinterest: Pins of one's own account, with how often they were saved, clicked and seen. Who saved them it does not tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipeline.ingest.collect.pollers import tokens
from pipeline.ingest.collect.pollers.asking import Feed, Found, Request, path
from pipeline.ingest.collect.pollers.platform import Platform
from pipeline.ingest.platforms.reading import id_of

if TYPE_CHECKING:
    from pipeline.ingest.collect.pollers.asking import Asked
    from pipeline.ingest.collect.pollers.tokens import TokenOptions
    from pipeline.ingest.platforms.reading import Json

_PAGE: Final = 250
ACCOUNT: Final = "account"


_TOKENS: Final = "https://api.pinterest.com/v5/oauth/token"


def _pin(asked: Asked) -> Request:
    return Request(path(f"/v5/pins/{asked.post}", pin_metrics="true"))


def _read_pin(_asked: Asked, _request: Request, found: Json) -> Found:
    return Found([found.value])


def _pins(_asked: Asked, bookmark: str | None = None) -> Request:
    return Request(path("/v5/pins", page_size=_PAGE, pin_metrics="true", bookmark=bookmark))


def _read_pins(asked: Asked, _request: Request, found: Json) -> Found:
    bookmark = id_of(found.get("bookmark"))
    return Found([found.value], [_pins(asked, bookmark)] if bookmark and found.entries("items") else [])


_PIN: Final = (Feed("pin", _pin, _read_pin, tells_gone=True),)
_PINS: Final = (Feed("pins", _pins, _read_pins),)


def _feeds(post: str, _options: TokenOptions) -> tuple[Feed, ...]:
    return _PINS if post == ACCOUNT else _PIN


PINTEREST: Final = Platform(
    name="pinterest",
    options=tokens.TokenOptions,
    address="https://api.pinterest.com",
    post=re.compile(r"[0-9]{1,32}|account"),
    example="813744226420795884, or account for all Pins of the account",
    feeds=_feeds,
    access=lambda options, tools: tokens.access(options, tools, _TOKENS),
    per_hour=40,  # trial access: 1,000 a day
)
