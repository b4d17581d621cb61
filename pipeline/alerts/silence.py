"""Which messages people have asked not to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.cascade.controls import Controls
    from schemas.alert import Alert


def silenced(controls: Controls, alert: Alert, now_us: int) -> bool:
    """Whether a mute covers the message at `now_us` (µs since 1970), or somebody sees to its alert already.

    The end of an acknowledged alert is sent all the same: a receiver that keeps a list of open alerts would never close it otherwise.
    """
    if controls.muted(alert.content_id, alert.campaign_id or "", alert.rule, now_us):
        return True
    return alert.kind != "closed" and controls.acknowledged(alert.alert_id)
