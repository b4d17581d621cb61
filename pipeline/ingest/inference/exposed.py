"""Latest exposed sharer: of those whom the actor follows, the one who shared last before it ("time-inferred diffusion").

Source: Goel, Anderson, Hofman, Watts, "The Structural Virality of Online Diffusion", Management Science 2016, section 3; Vosoughi, Roy, Aral,
"The Spread of True and False News Online", Science 2018, supplement. Post first: the same, but who follows the author has it from the post (RetweetCascade; Zola et
al. 2020): right where most shares come straight from the post.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.ingest.inference.methods import guessed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.ingest.inference.follows import Follows
    from pipeline.ingest.inference.methods import Guess
    from pipeline.ingest.inference.sharers import Sharer
    from schemas.wire import WireEvent


class Exposed:
    """See the module. The confidence is 1 ÷ the number of people whom the actor follows and who shared before: each may be the one."""

    def __init__(self, follows: Follows, *, post_first: bool = False) -> None:
        self._follows, self._post_first = follows, post_first

    def guess(self, event: WireEvent, before: Sequence[Sharer]) -> Guess | None:
        """The last of those whom the actor follows; None when it follows none of them, or when that is the author of the post."""
        followed = self._follows.followed_by(event.actor_id)
        seen = [one for one in before if one.actor_id in followed]
        if not seen or (self._post_first and any(one.is_post for one in seen)):
            return None
        return guessed(seen[-1], 1 / len({one.actor_id for one in seen}))
