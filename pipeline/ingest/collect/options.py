"""What the operator says about sources: `CASCADES_COLLECT`, a JSON object of sources by name."""

from __future__ import annotations

import os
from collections.abc import Callable  # noqa: TC003 - of a NamedTuple's fields
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from pipeline.errors import UsageError
from pipeline.ingest.http.keys import read_setting
from pipeline.ingest.platforms import Context

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.config import Settings
    from pipeline.ingest.collect.seam import Source, Tools
    from pipeline.ingest.platforms import PlatformMapping

SETTING: Final = "CASCADES_COLLECT"
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]


class SourceOptions(BaseModel):
    """What every source may be told. Kinds add their own fields; unknown names are slips of the pen, values never appear in messages."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: str = Field("", description="which kind of source; empty: the source is called like its kind")
    campaign_id: str | None = Field(None, description="campaign of everything that this source tells")


class Kind(NamedTuple):
    """One kind of source."""

    options: type[SourceOptions]
    make: Callable[[str, Any, Context, Tools], Source]
    """(name, options, context, tools). Raises UsageError when the options do not fit together."""
    mapping: Callable[[Any], PlatformMapping]
    """The mapping that reads what a source with these options tells: for its dead letters."""
    instance: Callable[[Any], str] = lambda _options: ""
    """Host of the server that is read, for platforms of many servers."""
    makes_pseudonyms: Callable[[Any], bool] = lambda _options: False
    """Whether CASCADES_ACTOR_KEY is needed."""


class Configured(NamedTuple):
    """One source as the operator wants it."""

    name: str
    kind_name: str
    kind: Kind
    options: SourceOptions
    context: Context

    def make(self, tools: Tools) -> Source:
        """The source itself."""
        return self.kind.make(self.name, self.options, self.context, tools)


def load(settings: Settings, kinds: Mapping[str, Kind], names: Iterable[str] = ()) -> list[Configured]:
    """The sources that are named, or all that are set up. A kind that needs no options can be named without being set up.

    Raises UsageError that names the setting, the source and the field, and never shows a secret.
    """
    told = read_setting(SETTING, settings.collect, TypeAdapter(dict[Name, dict[str, Any]])) or {}
    wanted = list(dict.fromkeys(names)) or list(told)
    if not wanted:
        raise UsageError(f"name a source, as in `cascades collect bluesky`, or set up sources in {SETTING}")
    return [_configured(settings, kinds, name, told) for name in wanted]


def _configured(
    settings: Settings, kinds: Mapping[str, Kind], name: str, told: Mapping[str, dict[str, Any]]
) -> Configured:
    given = told.get(name, {})
    kind_name = str(given.get("kind") or name)
    kind = kinds.get(kind_name)
    if kind is None:
        raise UsageError(
            f"{SETTING}: there is no source {name!r} and no such kind; kinds are {', '.join(sorted(kinds))}, sources {', '.join(told) or 'none'}"
        )
    try:
        options = kind.options.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise UsageError(f"{SETTING}: {name}: {'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}") from None
    context = Context(
        actor_key=_actor_key(settings, name, pseudonyms=kind.makes_pseudonyms(options)),
        campaign_id=options.campaign_id,
        instance=kind.instance(options),
    )
    return Configured(name, kind_name, kind, options, context)


def _actor_key(settings: Settings, name: str, *, pseudonyms: bool) -> bytes:
    key = settings.actor_key.get_secret_value().encode()
    if len(key) < 16 and pseudonyms:  # noqa: PLR2004 - as Context asks
        raise UsageError(
            f"CASCADES_ACTOR_KEY needs 16 or more characters, kept secret and for good: {name} may name people"
        )
    # Else never used: on these platforms people have public ids.
    return key if len(key) >= 16 else os.urandom(16)  # noqa: PLR2004
