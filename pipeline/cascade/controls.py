"""What people asked for: mutes and acknowledgements, as the messages of `share.control` leave them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.alert import Control

_US = 1_000_000


class Controls:
    """The controls in force. Apply messages in the order of the topic; the latest of each key stands, so reading the topic twice changes nothing."""

    __slots__ = ("_acknowledged", "_mutes")

    def __init__(self) -> None:
        self._mutes: dict[bytes, Control] = {}
        self._acknowledged: dict[str, Control] = {}

    def apply(self, control: Control) -> None:
        """Take in one message."""
        if control.action == "acknowledge":
            self._acknowledged[control.scope.alert_id or ""] = control
        elif control.action == "mute":
            self._mutes[control.key()] = control
        else:
            self._mutes.pop(control.key(), None)

    def muted(self, content_id: str, campaign_id: str, rule: str, now_us: int) -> bool:
        """Whether a mute covers the rule for the content. O(mutes)."""
        return any(
            _covers(mute, content_id, campaign_id, rule) for mute in self._mutes.values() if _lasts(mute, now_us)
        )

    def acknowledged(self, alert_id: str) -> bool:
        """Whether somebody has seen to the alert."""
        return alert_id in self._acknowledged

    def acknowledgement(self, alert_id: str) -> Control | None:
        """Who has seen to the alert, when and why; None: nobody."""
        return self._acknowledged.get(alert_id)

    def mutes(self, now_us: int) -> list[Control]:
        """The mutes that last, the oldest first."""
        return sorted((mute for mute in self._mutes.values() if _lasts(mute, now_us)), key=lambda mute: mute.at)


def _lasts(mute: Control, now_us: int) -> bool:
    return mute.until is None or mute.until.timestamp() * _US > now_us


def _covers(mute: Control, content_id: str, campaign_id: str, rule: str) -> bool:
    scope = mute.scope
    return (
        scope.content_id in (None, content_id)
        and scope.campaign_id in (None, campaign_id)
        and scope.rule in (None, rule)
    )
