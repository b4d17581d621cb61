"""The links that are tracked: names, and the addresses that they lead to. Nothing else is redirected to."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, field_validator

from pipeline.errors import UsageError
from pipeline.ingest.platforms.links import web_content
from schemas.wire import MAX_ID

if TYPE_CHECKING:
    from pipeline.config import Settings

LEAST_SECRET: Final = 20
_LIVE: Final = 2
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class Link(BaseModel):
    """One tracked link."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="where it leads")
    content_id: str = Field(
        "", max_length=MAX_ID, description="the content; empty: that of the address, as the other front doors have it"
    )
    campaign_id: str | None = Field(None, min_length=1, max_length=MAX_ID)

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if len(web_content(url)) > MAX_ID or not url.isprintable() or "#" in url:
            raise ValueError("an http or https address of less than 500 characters, without a fragment")
        return url

    @property
    def content(self) -> str:
        """The content's id."""
        return self.content_id or web_content(self.url)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the page, as browsers write them."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.lower()}"


class Registry(NamedTuple):
    """The links by name and by the four bytes that stand for the name in tokens, and the live keys, the newest first."""

    by_name: dict[str, Link]
    by_number: dict[bytes, str]
    keys: tuple[bytes, ...]


def number(name: str) -> bytes:
    """What stands for a link's name in tokens: the same whatever else is registered."""
    return hashlib.sha256(name.encode()).digest()[:4]


def load(settings: Settings) -> Registry:
    """The links of the settings. Raises UsageError that says what is wrong and shows no secret."""
    links = _links(settings.links)
    by_number = {number(name): name for name in links}
    if len(by_number) != len(links):
        raise UsageError("CASCADES_LINKS: two names fall together in tokens: rename one")
    keys = tuple(key.encode() for key in settings.link_secrets.get_secret_value().split())
    if links and (not 1 <= len(keys) <= _LIVE or any(len(key) < LEAST_SECRET for key in keys)):
        raise UsageError(
            f"CASCADES_LINK_SECRETS needs one or two secrets of at least {LEAST_SECRET} characters, the new one first"
        )
    return Registry(links, by_number, keys)


def _links(text: str) -> dict[str, Link]:
    try:
        text = Path(text[1:]).read_text() if text.startswith("@") else text
        return TypeAdapter(dict[Name, Link]).validate_json(text) if text.strip() else {}
    except OSError as error:
        raise UsageError(f"CASCADES_LINKS names a file that cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"CASCADES_LINKS does not work as it is: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        ) from None
