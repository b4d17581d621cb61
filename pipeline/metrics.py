"""Every Prometheus metric of this project, as a closed typed list. A name that is not here cannot be counted.

The comment under each name says what to do when it moves. Counters end in `_total`, times are seconds.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from platform import python_version
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Iterator

Type = Literal["counter", "gauge", "histogram"]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the time buckets: from one small batch to a ClickHouse that is about to be given up."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One metric: its full name, type, labels and the sentence that Prometheus shows."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()


class Metric(Enum):
    """The closed list."""

    RECORDS_IN = Spec("cascades_records_in_total", "counter", "Records read from the events topic")
    # Flat while producers produce: look at /readyz, then at cascades_lag_records.
    EVENTS_FOLDED = Spec("cascades_events_folded_total", "counter", "Events folded into a content, duplicates included")
    # Well below records in: producers send bad or misplaced records; see the two counters for them.
    DUPLICATES = Spec("cascades_duplicates_total", "counter", "Events that were copies of a known one")
    # A jump: a producer or `cascades replay` sends again. Harmless for every figure but costs time.
    RECORDS_SKIPPED = Spec(
        "cascades_records_skipped_total", "counter", "Records read again and skipped, being applied already"
    )
    # Grows after a restart or a rebalance, by at most what was not committed. All the time: commits fail, read the log.
    DEAD_LETTERS = Spec("cascades_dead_letters_total", "counter", "Records refused, by reason", ("reason",))
    # Any steady rate: `cascades dlq list`, fix the producer, then `cascades dlq replay`.
    MISPLACED = Spec("cascades_misplaced_total", "counter", "Records produced again under the right key")
    # Steady: a producer does not key by content_id; each such event costs a second trip through Kafka.
    EVENTS_MERGED = Spec(
        "cascades_events_merged_total", "counter", "Events sent on to the content that theirs was merged into"
    )
    # Steady: posts are linked to a content, and their events do not pass the doors' list of posts (`cascades content list`).
    MISPLACED_REPEATS = Spec(
        "cascades_misplaced_repeats_total", "counter", "Second copies of re-keyed records, skipped"
    )
    # Grows after a crash only. All the time: somebody copies records with their headers into the topic.
    REPLAY_REPEATS = Spec("cascades_replay_repeats_total", "counter", "Dead letters sent again a second time, skipped")
    # Grows when `cascades dlq replay` is run again over the same dead letters. Harmless.
    BATCH_SECONDS = Spec("cascades_batch_seconds", "histogram", "Time from taking a batch to handing its rows over")
    # p99 above the flush interval: lower CASCADES_FETCH_MAX_RECORDS or add a worker.
    STAGE_SECONDS = Spec(
        "cascades_stage_seconds",
        "histogram",
        "Time per step: decode, load, fold, produce, freeze, write, keep, refresh",
        ("stage",),
    )
    # The slowest stage is the one to scale: decode and fold by workers, write by ClickHouse, produce and keep by Kafka.
    LAG_RECORDS = Spec(
        "cascades_lag_records", "gauge", "Records between the committed offset and the end", ("partition",)
    )
    # Growing on all partitions: too few workers. On one: a hot content. With ready=0: read the detail in /readyz.
    COMMITTED_OFFSET = Spec(
        "cascades_committed_offset", "gauge", "Offset up to which everything is stored", ("partition",)
    )
    # Standing still while lag is above 0 for minutes: the worker is stuck, read its log and restart it.
    CONTENTS = Spec("cascades_state_contents", "gauge", "Contents held in memory", ("partition",))
    # Memory follows it. Very uneven over partitions: too few partitions or a bad key.
    NODES = Spec("cascades_state_nodes", "gauge", "Spreads (nodes of cascades) held in memory", ("partition",))
    # Times about 400 bytes is what the cascades need; above the machine's memory: add workers.
    FACTS = Spec("cascades_state_events", "gauge", "Events of the contents held in memory")
    # At CASCADES_STATE_MAX_EVENTS all the time: contents come and go. Give it more memory, or add workers.
    MEMORY_WAITED = Spec(
        "cascades_memory_waited_total", "counter", "Seconds that folding has waited for room in memory"
    )
    # Rising while lag does not fall: too many contents move for this ceiling, or for the looks at them; raise it, or add workers.
    ROWS_WAITING = Spec(
        "cascades_rows_waiting", "gauge", "Rows that wait for ClickHouse (an estimate before they are frozen)"
    )
    # At CASCADES_FLUSH_MAX_ROWS: reading pauses, ClickHouse is too slow or down.
    ROWS_WRITTEN = Spec("cascades_rows_written_total", "counter", "Rows that ClickHouse acknowledged", ("table",))
    # Many times the events folded: cascades move a lot (late parents); a longer flush interval writes less.
    SINK_ERRORS = Spec("cascades_sink_errors_total", "counter", "Writes that ClickHouse refused", ("error",))
    # transient: look at ClickHouse. schema: run `cascades migrate`. row: see the dead letters with reason not_storable; where there are none, the worker
    # has stopped, and its log says why.
    PRODUCE_RETRIES = Spec("cascades_produce_retries_total", "counter", "Dead letters or re-keyed records sent again")
    # Any: Kafka does not acknowledge; look at the brokers and at the dead-letter topic's max.message.bytes.
    REBUILD_RECORDS = Spec(
        "cascades_rebuild_records", "gauge", "Records still to be read before a partition starts", ("partition",)
    )
    # Falls to 0 after a start. Stands still: Kafka is slow or gone.
    CHANGELOG_BYTES = Spec(
        "cascades_changelog_bytes_total", "counter", "Keys and values written to the changelog, before compression"
    )
    # More than half of the bytes read: many quiet contents at a low rate (harmless), or a short flush interval.
    RESTORE_SECONDS = Spec("cascades_restore_seconds", "histogram", "Time to restore the state of one partition")
    # Minutes: no local state (is CASCADES_STATE_DIR kept over restarts?), or the changelog is gone and the events are read.
    CONTENTS_EVICTED = Spec("cascades_contents_evicted_total", "counter", "Contents that left memory")
    # A burst each time the idle time passes is normal. Close to the rate of events: CASCADES_STATE_MAX_EVENTS is too low.
    CONTENTS_REVIVED = Spec(
        "cascades_contents_revived_total", "counter", "Contents that came back to memory with a new record"
    )
    # Should be far below the events folded: each costs as much time as its cascade is large.
    REBALANCES = Spec("cascades_rebalances_total", "counter", "Times that partitions were taken or given")
    # A few per deployment. Steady: workers are killed or too slow to poll; look at their memory and at pauses.
    LOOKS = Spec("cascades_looks_total", "counter", "Looks at a content for what the clock alone changes")
    # Flat while events are folded: the figures of speed and forecast stand still; is Kafka there, are the partitions restored?
    REFRESH_WAITING = Spec("cascades_refresh_waiting", "gauge", "Contents due for a look", ("partition",))
    # Growing: more contents move than there is time for; add workers. What grows fast is looked at first.
    REFRESH_LATE_SECONDS = Spec(
        "cascades_refresh_late_seconds", "histogram", "How long the first content that is still due waits, per tick"
    )
    # Above 5 seconds all the time: alerts come late; add workers.
    CLOCK_BEHIND = Spec(
        "cascades_clock_behind", "gauge", "Seconds from the partition's clock to the present", ("partition",)
    )
    # Above 0 while records are caught up on: figures are those of that moment. Above CASCADES_ALERT_MAX_AGE_S no alert is told.
    ALERT_STATES = Spec("cascades_alert_states", "gauge", "Contents whose state is not quiet", ("partition",))
    # Follows what is going viral. Thousands: the rules are too sensitive for this stream; see `cascades backtest`.
    ALERTS = Spec("cascades_alerts_total", "counter", "Messages on the topic of alerts", ("rule", "kind"))
    # A burst: look at v_alerts; mute with `cascades alerts mute`, or make the rule stricter.
    RULES_REFUSED = Spec("cascades_rules_refused", "gauge", "1 while the rules file is wrong and the old rules stand")
    # 1: the worker's log names line and key.
    CONTROLS_REFUSED = Spec("cascades_controls_refused_total", "counter", "Records of the control topic that are none")
    # Any: somebody else writes to share.control.
    HISTORY_DROPPED = Spec(
        "cascades_history_dropped_total", "counter", "Rows of v_content_history given up while ClickHouse was away"
    )
    # Any: ClickHouse was away for long; the history has a hole there, all other figures are whole.
    PAGE_STREAMS = Spec("cascades_page_streams", "gauge", "Browsers that watch the page")
    # Near 256: new visitors are turned away; serve the page from more processes.
    PAGE_LOOK_SECONDS = Spec(
        "cascades_page_look_seconds", "histogram", "Time of one look at ClickHouse, by feed", ("feed",)
    )
    # Above one second: the page refreshes more slowly so as not to burden ClickHouse; look at ClickHouse's own load.
    PAGE_PROBLEMS = Spec("cascades_page_problems_total", "counter", "Looks that got no answer, by feed", ("feed",))
    # Steady: ClickHouse is down or its schema is old; the page's /readyz has the sentence.
    DOOR_REQUESTS = Spec("cascades_door_requests_total", "counter", "Requests at the front doors", ("door", "status"))
    # 4xx: ask that sender; the answer has told him why. 429, 503: more `cascades ingest` processes, or a faster Kafka.
    DOOR_SECONDS = Spec("cascades_door_seconds", "histogram", "Time until a front door has answered", ("door",))
    # Mostly Kafka's acknowledgement. Near 10 s: platforms give up and send again.
    DOOR_EVENTS = Spec("cascades_door_events_total", "counter", "Events that came in, acknowledged by Kafka", ("door",))
    # Flat while the platform is busy: is its subscription still alive? See its own console.
    DOOR_LETTERS = Spec("cascades_door_letters_total", "counter", "Dead letters of the front doors", ("door", "reason"))
    # unknown_shape: the platform sends something new: `cascades dlq list --topic door.webhooks.NAME`.
    DOOR_IGNORED = Spec(
        "cascades_door_ignored_total", "counter", "Parts of payloads that are no share event", ("door",)
    )
    # Harmless: delivery reports, edits and the like. All of a platform's: subscribe to other fields of it.
    DOOR_HELD = Spec("cascades_door_held_bytes", "gauge", "Bytes of requests that wait for Kafka")
    # At CASCADES_INGEST_HELD_BYTES requests are answered 503.
    UNDOS_READ = Spec("cascades_undos_read_total", "counter", "Undos that `cascades resolve` has read")
    # Flat while the doors take undos: look at the /readyz of `cascades resolve`.
    UNDOS_RETRACTED = Spec(
        "cascades_undos_retracted_total", "counter", "Retractions made of undos, one for each content", ("platform",)
    )
    # Far below undos read: a stream brings undos of acts that we do not keep; let its reader leave them out where it can.
    UNDOS_WAITING = Spec("cascades_undos_waiting", "gauge", "Undos that wait for their next look, by rung", ("rung",))
    # Grows for as long as undos wait, then stays. Growing for longer: more `cascades resolve` processes, or a faster ClickHouse.
    UNDOS_BURIED = Spec("cascades_undos_buried_total", "counter", "Undos that became dead letters", ("reason",))
    # no_target: the act never came: `cascades dlq list --reason no_target`. not_theirs: somebody undoes what others did.
    LETTERS_SHOWN = Spec(
        "cascades_letters_shown_total",
        "counter",
        "Dead letters that no worker made and that became rows of v_dead_letters",
    )
    # Flat while the doors, collectors or undos make dead letters: look at part `letters` in the /readyz of `cascades resolve`.
    LETTERS_PASSED = Spec(
        "cascades_letters_passed_total", "counter", "Records of the dead-letter topic that became no row here", ("why",)
    )
    # worker: it wrote that row itself. no_letter: somebody else writes to the topic. refused: ClickHouse takes no row of it; the log names the letter.
    INFERRED = Spec(
        "cascades_inferred_total", "counter", "Hidden parents that were guessed, by method", ("platform", "method")
    )
    # Flat while a platform of CASCADES_INFER is busy: look at /readyz of `cascades infer`; then at what its shares tell (docs/inference.md).
    LINK_VISITS = Spec(
        "cascades_link_visits_total", "counter", "Visits of tracked links, by what became of them", ("outcome",)
    )
    # person: counted. program, ahead, opted_out, own: rightly not. crowded: one address comes too often. lost: Kafka was away, clicks are missing.
    COLLECTED = Spec("cascades_collect_payloads_total", "counter", "Payloads that collectors got", ("source",))
    # Flat while the platform is busy: look at the source in /readyz of `cascades collect`.
    COLLECT_EVENTS = Spec(
        "cascades_collect_events_total", "counter", "Events and undos of collectors, acknowledged by Kafka", ("source",)
    )
    # Far below the payloads is normal where most of a stream is not about shares; see the two counters below.
    COLLECT_IGNORED = Spec(
        "cascades_collect_ignored_total", "counter", "Parts of collected payloads that are no share event", ("source",)
    )
    # Harmless: edits, notices, records of other kinds. All of it: subscribe to less.
    COLLECT_LETTERS = Spec(
        "cascades_collect_letters_total", "counter", "Dead letters of collectors", ("source", "reason")
    )
    # unknown_shape: the platform sends something new: `cascades dlq list --topic door.collect.NAME`.
    COLLECT_GAPS = Spec(
        "cascades_collect_gaps_total", "counter", "Times that a platform no longer had what was missed", ("source",)
    )
    # Any: events are missing for good; the log says from when to when. Was the collector down for longer than the platform remembers?
    COLLECT_FAILURES = Spec(
        "cascades_collect_failures_total", "counter", "Times that a source could not go on and began anew", ("source",)
    )
    # A few a day are normal. Steady: /readyz of `cascades collect` has the reason.
    COLLECT_LAG = Spec(
        "cascades_collect_behind",
        "gauge",
        "Age of what was sent to Kafka last, by the platform's clock",
        ("source",),
    )
    # Above a minute and growing: the collector or Kafka is too slow for this stream; ask the platform for less, or split the source.
    COLLECT_HEARD = Spec("cascades_collect_heard", "gauge", "When the platform gave a sign of life last", ("source",))
    # Older than a few minutes: the platform or the network is down.
    COLLECT_LOOK_UPS = Spec(
        "cascades_collect_look_ups_total",
        "counter",
        "Look-ups of followers and parents, by what became of them",
        ("source", "outcome"),
    )
    # known: remembered. asked: answered. over_budget, failed: the audience (or parent) stays unknown; audience_coverage in v_content tells how much.
    POLL_REQUESTS = Spec(
        "cascades_poll_requests_total",
        "counter",
        "Questions of the pollers, by what was answered",
        ("source", "answer"),
    )
    # throttled: others use the same credential, or CASCADES_COLLECT grants too many an hour. denied: a new token. refused: not our post.
    POLL_LATE = Spec("cascades_poll_behind", "gauge", "Seconds that the feed which is due first waits", ("source",))
    # Growing: more posts are watched than the platform's limit allows; watch fewer, or ask for a higher limit.
    ALERTS_READ = Spec(
        "cascades_alerts_read_total", "counter", "Alerts that `cascades notify` has read from their topic"
    )
    # Flat while v_alerts grows: look at the /readyz of `cascades notify`.
    ALERTS_DELIVERED = Spec(
        "cascades_alerts_delivered_total", "counter", "Alerts that a channel has taken", ("channel",)
    )
    # Flat for one channel alone: `cascades alerts test --channel NAME` says why.
    ALERTS_SKIPPED = Spec("cascades_alerts_skipped_total", "counter", "Alerts not sent: muted, old, unwanted", ("why",))
    # unwanted: no channel's filters let it pass. old: `cascades notify` was down for longer than CASCADES_NOTIFY_MAX_AGE_HOURS.
    ALERT_ATTEMPTS_FAILED = Spec(
        "cascades_alert_attempts_failed_total", "counter", "Attempts that a channel did not take", ("channel", "reason")
    )
    # They are tried again. Steady: read the reason, then `cascades alerts test --channel NAME`.
    ALERTS_BURIED = Spec(
        "cascades_alerts_buried_total", "counter", "Alerts that became dead letters", ("channel", "reason")
    )
    # Any: somebody was not told. `cascades alerts letters` lists them, `cascades alerts resend` sends them again.
    ALERTS_WAITING = Spec("cascades_alerts_waiting", "gauge", "Alerts that wait for a channel", ("channel",))
    # Growing: the channel fails or is slower than alerts come; raise its min_severity.
    CHANNELS_REFUSED = Spec(
        "cascades_channels_refused", "gauge", "1 while the file of channels is wrong and the old channels stand"
    )
    # 1: the log of `cascades notify`, and its /readyz, name the place.
    ALERT_DELIVERY_SECONDS = Spec(
        "cascades_alert_delivery_seconds",
        "histogram",
        "Time from reading an alert to a channel having it",
        ("channel",),
    )
    # Above a few seconds: the channel is slow, or attempts fail before one succeeds.
    READY = Spec("cascades_ready", "gauge", "1 when the process does its work, by part", ("part",))
    # 0 for longer than a restart takes: the part's detail stands in /readyz.
    BUILD_INFO = Spec("cascades_build_info", "gauge", "Always 1; the labels say what runs", ("version", "python"))
    # Different versions side by side for long: a deployment is stuck half-way.


class Metrics:
    """The metrics of one process (or one test), in a registry of their own.

    Every method may be called from any thread. An unknown label or a missing one raises ValueError.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._made: dict[Metric, Any] = {metric: self._make(metric.value) for metric in Metric}
        self.set(Metric.BUILD_INFO, 1, version("share-cascades"), python_version())

    def _make(self, spec: Spec) -> Counter | Gauge | Histogram:
        if spec.type == "histogram":
            return Histogram(spec.name, spec.help, spec.labels, registry=self.registry, buckets=SECONDS)
        make = Counter if spec.type == "counter" else Gauge
        return make(spec.name, spec.help, spec.labels, registry=self.registry)

    def add(self, metric: Metric, amount: float = 1, *labels: object) -> None:
        """Raise a counter."""
        if amount:
            self._labelled(metric, labels).inc(amount)

    def set(self, metric: Metric, value: float, *labels: object) -> None:
        """Set a gauge."""
        self._labelled(metric, labels).set(value)

    def observe(self, metric: Metric, seconds: float, *labels: object) -> None:
        """Add one time to a histogram."""
        self._labelled(metric, labels).observe(seconds)

    @contextmanager
    def timed(self, metric: Metric, *labels: object) -> Iterator[None]:
        """Add the time that the block takes, exceptions included."""
        start = perf_counter()
        try:
            yield
        finally:
            self.observe(metric, perf_counter() - start, *labels)

    def forget(self, metric: Metric, *labels: object) -> None:
        """Take one labelled value out, such as that of a partition which another worker owns now."""
        self._made[metric].remove(*map(str, labels))

    def value(self, metric: Metric, *labels: object) -> float:
        """The present value of a counter or gauge; 0.0 when it was never touched."""
        names = dict(zip(metric.value.labels, map(str, labels), strict=True))
        return self.registry.get_sample_value(metric.value.name, names) or 0.0

    def page(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _labelled(self, metric: Metric, labels: tuple[object, ...]) -> Any:
        made = self._made[metric]
        return made.labels(*labels) if metric.value.labels else made
