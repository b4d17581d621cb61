"""What people answered to alerts, with who and why: a rule asks only whether, a reader wants to know more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade.controls import Controls

if TYPE_CHECKING:
    from schemas.alert import Control


class Answers(Controls):
    """The controls in force, each to be shown."""

    __slots__ = ()

    def acknowledgement(self, alert_id: str) -> Control | None:
        """The latest acknowledgement of the alert; None without one."""
        return self._acknowledged.get(alert_id)

    def mute(self, content_id: str, campaign_id: str, rule: str, now_us: int) -> Control | None:
        """The oldest mute that lasts and covers the rule for the content; None without one."""
        about = {"content_id": content_id, "campaign_id": campaign_id, "rule": rule}
        covering = (
            one for one in self.mutes(now_us) if one.scope.model_dump(exclude_none=True).items() <= about.items()
        )
        return next(covering, None)
