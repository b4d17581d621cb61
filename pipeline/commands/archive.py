"""`cascades import`."""

from __future__ import annotations

import asyncio
import csv
import json
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pipeline.commands.archive_bar import Bar
from pipeline.commands.console import note, out
from pipeline.commands.settings import load
from pipeline.errors import UnavailableError, UsageError
from pipeline.ingest import posts
from pipeline.ingest.archives import formats
from pipeline.ingest.archives.guess import guess
from pipeline.ingest.archives.journal import Journal, Progress
from pipeline.ingest.archives.limits import Limits
from pipeline.ingest.archives.mapping_file import load as load_mapping
from pipeline.ingest.archives.opening import open_archive
from pipeline.ingest.archives.running import Import
from pipeline.ingest.http.sender import KafkaSender
from pipeline.ingest.pace import Pace
from pipeline.ingest.platforms import Context
from pipeline.ingest.watermark import Watermarks, wait_for
from pipeline.kafka import ensure_topics, topic_identity
from schemas import wire
from schemas.dead_letter import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import Settings
    from pipeline.ingest.archives.formats import Reading
    from pipeline.ingest.archives.mapping_file import MappingFile
    from pipeline.ingest.archives.opening import Archive
    from schemas.wire import WireEvent

SHOWN: Final = 5
INTERRUPTED: Final = 130
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CONNECT_S: Final = 20.0
_KEYLESS: Final = bytes(16)
"""No format that asks for no key makes pseudonyms."""


class Wanted(NamedTuple):
    """The options of the command."""

    file: str
    format: str | None
    mapping: Path | None
    campaign: str | None
    owner: str | None
    audiences: Path | None
    as_of: str | None
    rate: float | None
    dry_run: bool
    restart: bool
    wait: bool
    as_json: bool


def run(wanted: Wanted) -> int:
    """Import one file. 0: everything in it is in Kafka as events; 1: something is a dead letter; 130: interrupted."""
    settings = load()
    mapping = _mapping(wanted)
    with open_archive(wanted.file, Limits.of(settings)) as archive:
        name = formats.CSV if mapping else wanted.format or guess(archive)
        if not wanted.format and not mapping:
            note(f"{archive.label} looks like {name} (--format says otherwise)")
        work = _Run(settings, wanted, archive, name, mapping)
        try:
            return work.look() if wanted.dry_run else asyncio.run(work.run())
        except KeyboardInterrupt:
            note(_how_to_go_on(wanted))
            return INTERRUPTED


def _how_to_go_on(wanted: Wanted) -> str:
    if wanted.dry_run:
        return "interrupted; nothing was sent"
    return "interrupted. What was acknowledged is kept: the same command goes on from there (--restart begins anew)"


def _mapping(wanted: Wanted) -> MappingFile | None:
    if wanted.format not in {None, *formats.FORMATS}:
        raise UsageError(f"--format {wanted.format}: there are {', '.join(formats.FORMATS)}")
    if wanted.mapping and wanted.format not in {None, formats.CSV}:
        raise UsageError(f"--mapping is for CSV; --format {wanted.format} brings its own")
    if wanted.format == formats.CSV and not wanted.mapping:
        raise UsageError("CSV needs --mapping FILE: which column is which field (docs/archives.md has one to copy)")
    return load_mapping(wanted.mapping) if wanted.mapping else None


class _Run:
    """One run of the command."""

    def __init__(
        self, settings: Settings, wanted: Wanted, archive: Archive, name: str, mapping: MappingFile | None
    ) -> None:
        self._settings, self._wanted, self._archive, self._name = settings, wanted, archive, name
        self._mapping, self._began = mapping, monotonic()
        self._context = Context(
            actor_key=self._actor_key(), campaign_id=wanted.campaign, audiences=audiences(wanted.audiences)
        )

    async def run(self) -> int:
        await ensure_topics(self._settings)
        journal = Journal(self._settings.state_dir, *await self._identity())
        found = None if self._wanted.restart else journal.load()
        if found and found.done:
            note(f"{self._archive.label} was imported before; --restart sends it once more, which changes no figure")
            await self._visible()
            return self._tell(found)
        if found:
            note(f"going on where the last attempt ended, after {found.counts.entries:,} entries")
        progress = found or self._fresh()
        await self._send(progress, journal)
        return self._tell(progress)

    async def _send(self, progress: Progress, journal: Journal) -> None:
        reading = self._reading(progress)
        pace = Pace(self._wanted.rate) if self._wanted.rate else None
        work = Import(self._archive, reading, self._settings, progress, pace, await posts.read(self._settings))
        sender = KafkaSender(self._settings)
        await sender.start()
        try:
            await _connected(sender)
            with Bar(self._archive.label, _total(self._archive, reading)) as bar:
                await work.run(sender, journal, lambda: bar.at(self._archive.position, progress.counts.entries))
        finally:
            await sender.stop()
        await self._visible()

    async def _visible(self) -> None:
        if not self._wanted.wait:
            return
        note("waiting for ClickHouse")
        async with Watermarks(self._settings) as marks:
            await wait_for(await marks.ends(), marks.committed, lambda _: None, stall_s=60.0)

    def look(self) -> int:
        progress = self._fresh()
        events: list[dict[str, object]] = []
        refused: list[str] = []

        def show(one: WireEvent | RefusedError) -> None:
            if isinstance(one, RefusedError):
                refused.extend([str(one)] * (len(refused) < SHOWN))
            elif len(events) < SHOWN:
                events.append(_plain(one))

        Import(self._archive, self._reading(progress), self._settings, progress).look(show)
        if not self._wanted.as_json:
            for event in events:
                out.print(json.dumps(event, ensure_ascii=False), markup=False)
            for why in refused:
                note(f"refused: {why}")
        return self._tell(progress, {"first_events": events, "first_refused": refused})

    def _reading(self, progress: Progress) -> Reading:
        as_of = _EPOCH + timedelta(microseconds=progress.as_of_us)
        wanted = self._wanted
        return formats.reading(
            self._archive, self._name, self._context, as_of, owner=wanted.owner, mapping=self._mapping
        )

    def _fresh(self) -> Progress:
        told = self._wanted.as_of
        moment = _moment(told) if told else datetime.now(UTC)
        return Progress(file=self._wanted.file, format=self._name, as_of_us=wire.micros(moment))

    async def _identity(self) -> tuple[str, ...]:
        """Everything that decides what is sent, and the topic it is sent to: made anew, it has a new id, and nothing is in it."""
        wanted = self._wanted
        files = [path.read_bytes().hex() if path else "" for path in (wanted.mapping, wanted.audiences)]
        topic = await topic_identity(self._settings)
        options = [wanted.campaign or "", wanted.owner or "", wanted.as_of or ""]
        place = list(topic.values()) or [self._settings.kafka_bootstrap, self._settings.events_topic]
        return (self._archive.fingerprint(), self._name, *options, *files, *place)

    def _actor_key(self) -> bytes:
        key = self._settings.actor_key.get_secret_value().encode()
        if len(key) >= len(_KEYLESS):
            return key
        if formats.needs_key(self._name, self._mapping):
            raise UsageError(
                "CASCADES_ACTOR_KEY needs 16 or more characters, the same as at the front doors: it keys the hashes that stand for e-mail addresses"
            )
        return _KEYLESS

    def _tell(self, progress: Progress, shown: dict[str, object] | None = None) -> int:
        counts = progress.counts
        left = len(self._archive.parts) - len(self._archive.data_parts())
        if self._wanted.as_json:
            told = {"file": progress.file, "format": progress.format, "dry_run": self._wanted.dry_run}
            facts = {"seconds": round(monotonic() - self._began, 3), "members_without_text": left}
            out.print(json.dumps({**told, **msgspec.to_builtins(counts), **facts, **(shown or {})}), markup=False)
        else:
            for line in summary(progress, monotonic() - self._began, dry=self._wanted.dry_run):
                note(line)
        return 1 if counts.refused or counts.cut else 0


def summary(progress: Progress, seconds: float, *, dry: bool) -> list[str]:
    """The counts in words: every entry is accounted for."""
    counts = progress.counts
    events = sum(counts.events.values())
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(counts.events.items()))
    verb = "would make" if dry else "made"
    lines = [
        f"{counts.entries:,} entries {verb} {events:,} events in {seconds:.1f} s" + (f": {kinds}" if kinds else "")
    ]
    if counts.undos:
        lines.append(f"  {counts.undos:,} undos for {'the undo topic' if dry else 'which the content is looked up'}")
    lines += [f"  {number:,} ignored: {why}" for why, number in sorted(counts.ignored.items())]
    lines += [f"  {number:,} dead letters: {why}" for why, number in sorted(counts.refused.items())]
    if counts.cut:
        lines.append(f"  {counts.cut:,} part(s) broken before their end: what they hold beyond that is NOT imported")
    if counts.refused and not dry:
        lines.append(
            f"  what was refused, and where it stands: cascades dlq list --topic door.import.{progress.format}"
        )
    return lines


def audiences(path: Path | None) -> dict[str, int]:
    """Followers by actor, from a CSV of two columns: actor_id,audience_size. Raises UsageError that names the line."""
    if path is None:
        return {}
    found: dict[str, int] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                if row and row != ["actor_id", "audience_size"]:
                    if len(row) != 2 or not row[1].strip().isdecimal():  # noqa: PLR2004 - the two columns
                        raise UsageError(f"{path}, line {number}: should be actor_id,audience_size")
                    found[row[0]] = int(row[1])
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    return found


def _plain(event: WireEvent) -> dict[str, object]:
    """The fields that are told."""
    facts: dict[str, object] = msgspec.to_builtins(event)
    return {name: value for name, value in facts.items() if value not in (None, {})}


async def _connected(sender: KafkaSender) -> None:
    until = monotonic() + _CONNECT_S
    while sender.problem and monotonic() < until:  # noqa: ASYNC110 - the sender keeps trying by itself
        await asyncio.sleep(0.02)
    if sender.problem:
        raise UnavailableError(sender.problem)


def _total(archive: Archive, reading: Reading) -> int:
    return sum(part.size for part in reading.parts) if archive.zipped else archive.parts[0].size


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text}: give a time such as 2019-04-02 or 2019-04-02T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
