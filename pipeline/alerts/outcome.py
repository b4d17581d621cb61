"""What becomes of one attempt to hand an alert over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, get_args

if TYPE_CHECKING:
    from schemas.alert import Alert

Reason = Literal["refused", "redirected", "gone", "unreachable", "timed_out", "not_taken", "behind", "not_an_alert"]
"""refused: answered with an error. redirected: sent us elsewhere, which we do not follow. gone: wants no more (HTTP 410). unreachable: no
connection. timed_out: no answer in time. not_taken: the service gave no reason that may be shown. behind: more alerts wait than a failing channel
may hold up. not_an_alert: the record on the topic is none."""
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a channel did not take an alert. `detail` never holds the channel's address, nor what it answered: both may be secret.

    `retry_after_s`: the channel asked to be left alone for so long. `final`: trying again would be in vain.
    """

    reason: Reason
    detail: str
    retry_after_s: float = 0.0
    final: bool = False


class Sender(Protocol):
    """One way out. An implementation bounds its own time and never raises for what the other side does."""

    async def send(self, alert: Alert) -> Failure | None:
        """One attempt. None: the other side has taken it."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
