"""The mapping file of a CSV: which column, or which constant, becomes which field of an event. docs/archives.md teaches it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.errors import UsageError
from pipeline.ingest.archives.rows import Dialect
from pipeline.ingest.platforms import Mapped, UnknownShapeError
from pipeline.ingest.platforms import times as platform_times
from pipeline.ingest.platforms.reading import Json
from pipeline.ingest.platforms.seam import Refusal, Scene, bounded, digest
from schemas.check import check
from schemas.dead_letter import RefusedError
from schemas.wire import micros

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.ingest.platforms import Context

MAX_BYTES: Final = 1 << 20
_NUMBERS: Final = {"seconds": platform_times.seconds, "millis": platform_times.millis, "micros": platform_times.micros}
Row = dict[str, str]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Part):
    """A cell, made into a field. An empty cell is an absent field, unless there is a default."""

    column: str = Field(min_length=1)
    values: dict[str, str] = {}
    """What each cell stands for. With it, a cell of any other text is refused."""
    default: str | None = None
    prefix: str = ""
    kind: Literal["text", "page", "pseudonym"] = Field("text", alias="as")
    """page: an address becomes the content id of that page; pseudonym: a keyed hash, for e-mail addresses."""

    def of(self, row: Row, scene: Scene) -> str | None:
        """The field. Raises `UnknownShapeError`."""
        cell = row[self.column].strip()
        if self.values and cell:
            if cell not in self.values:
                raise UnknownShapeError(f"{self.column}: {cell[:64]!r} is not among the values of the mapping file")
            cell = self.values[cell]
        cell = cell or self.default or ""
        if not cell:
            return None
        if self.kind == "page":
            return scene.page(Json(cell, self.column))
        return bounded(self.prefix + (scene.pseudonym(cell) if self.kind == "pseudonym" else cell))


class Time(_Part):
    """When it happened."""

    column: str = Field(min_length=1)
    format: str = "iso"
    """iso, seconds, millis, micros, or a pattern of Python's strptime such as %d.%m.%Y %H:%M"""
    zone: str = ""
    """Time zone of times that do not tell theirs: Europe/Berlin."""

    @field_validator("zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone {name!r}") from None
        return name

    def of(self, row: Row) -> datetime:
        """The time in UTC. Raises `UnknownShapeError`."""
        cell = Json(row[self.column].strip(), self.column)
        if self.format in _NUMBERS:
            number = Json(_number(cell.text()), self.column)
            return _NUMBERS[self.format](number)
        try:
            text = cell.text()
            found = datetime.fromisoformat(text) if self.format == "iso" else datetime.strptime(text, self.format)  # noqa: DTZ007 - the zone is put in below
            if found.tzinfo is None and not self.zone:
                raise UnknownShapeError(f"{self.column}: the time does not tell its zone: name it in the mapping file")
            return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.zone))).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            if isinstance(error, UnknownShapeError):
                raise
            raise UnknownShapeError(f"{self.column}: is no time of the format {self.format}") from None


class Csv(_Part):
    """How the file is written."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', max_length=1)
    encoding: Literal["utf-8", "latin-1", "cp1250", "cp1251", "cp1252", "iso8859-2", "iso8859-15"] = "utf-8"
    header: list[str] = []


Cell = str | Column
Number = Annotated[int, Field(ge=0)] | Column


class MappingFile(_Part):
    """One CSV's meaning. A text is that text for every row; `{column: NAME}` is the row's cell."""

    csv: Csv = Csv()
    platform: Cell
    kind: Cell
    event_id: Cell | None = None
    """Without it: made of the facts, so that the same row is the same event."""
    content_id: Cell | None = None
    actor_id: Cell
    occurred_at: Time
    parent_event_id: Cell | None = None
    parent_actor_id: Cell | None = None
    parent_basis: Cell | None = None
    """Without it: exact where the row names a parent."""
    audience_size: Number | None = None
    campaign_id: Cell | None = None
    target_event_id: Cell | None = None
    target_content_id: Cell | None = None
    counter_kind: Cell | None = None
    count: Number | None = None
    attributes: dict[str, Cell] = {}

    @property
    def dialect(self) -> Dialect:
        """How the rows are read."""
        told = self.csv
        return Dialect(delimiter=told.delimiter, quote=told.quote, encoding=told.encoding, header=tuple(told.header))

    @property
    def columns(self) -> list[str]:
        """Every column that is asked for."""
        return [one.column for one in self._cells()]

    @property
    def needs_key(self) -> bool:
        """Whether people are hashed."""
        return any(isinstance(one, Column) and one.kind == "pseudonym" for one in self._cells())

    def _cells(self) -> Iterator[Column | Time]:
        told = [getattr(self, name) for name in type(self).model_fields]
        return (one for one in [*told, *self.attributes.values()] if isinstance(one, Column | Time))

    def events(self, payload: object, received_at: datetime, context: Context) -> Mapped:
        """What a row means, as `PlatformMapping.events` says it. Raises nothing for a row that has the columns."""
        row: Row = payload  # type: ignore[assignment]  # as `rows` makes it
        try:
            facts = self._facts(row, Scene("csv", received_at, context))
            value = msgspec.json.encode({name: one for name, one in facts.items() if one is not None})
            return Mapped((check(value, micros(received_at) // 1000),))
        except UnicodeError:
            error: RefusedError = UnknownShapeError("a cell has bytes that are no text of the encoding")
        except RefusedError as refused:
            error = refused
        return Mapped(refused=(Refusal(error, row),))

    def _facts(self, row: Row, scene: Scene) -> dict[str, Any]:
        facts: dict[str, Any] = {name: _told(getattr(self, name), row, scene) for name in _TEXTS}
        facts |= {name: _count(getattr(self, name), row, scene) for name in ("audience_size", "count")}
        facts["campaign_id"] = facts["campaign_id"] or scene.context.campaign_id
        if facts["audience_size"] is None and facts["actor_id"]:
            facts["audience_size"] = scene.context.audiences.get(facts["actor_id"])
        if facts["parent_basis"] is None and (facts["parent_event_id"] or facts["parent_actor_id"]):
            facts["parent_basis"] = "exact"
        attributes = {name: _told(cell, row, scene) for name, cell in self.attributes.items()}
        facts["attributes"] = {name: text for name, text in attributes.items() if text is not None}
        moment = self.occurred_at.of(row)
        facts["occurred_at"] = moment.isoformat().replace("+00:00", "Z")
        facts["event_id"] = facts["event_id"] or _made_id(facts)
        return facts


_TEXTS: Final = (
    *("event_id", "kind", "platform", "content_id", "actor_id", "parent_event_id", "parent_actor_id", "parent_basis"),
    *("campaign_id", "target_event_id", "target_content_id", "counter_kind"),
)


def _told(cell: Cell | None, row: Row, scene: Scene) -> str | None:
    return cell.of(row, scene) if isinstance(cell, Column) else cell


def _count(cell: int | Column | None, row: Row, scene: Scene) -> int | None:
    if not isinstance(cell, Column):
        return cell
    text = cell.of(row, scene)
    return None if text is None else Json(text, cell.column).count()


def _number(text: str) -> int | float:
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        raise UnknownShapeError("should be a time as a number since 1970") from None


def _made_id(facts: dict[str, Any]) -> str:
    told = [str(facts[name]) for name in (*_TEXTS[1:], "count", "occurred_at") if name != "campaign_id"]
    return f"{facts['platform']}:csv:{digest(*told)}"


def load(path: Path) -> MappingFile:
    """Read a mapping file. Raises UsageError that names each wrong line of it."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than any mapping file: is it the CSV itself?")
        told = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read as a mapping file: {error}") from error
    try:
        return MappingFile.model_validate(told)
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors()]
        raise UsageError("\n".join([f"{path} cannot be used:", *dict.fromkeys(lines)])) from error
