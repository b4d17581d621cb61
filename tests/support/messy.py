"""A messy stream of events: what a worker must get right whatever strikes it."""

from __future__ import annotations

from support.stream import event_json

CONTENTS = 11


def messy(count, start=0):
    """Chains with copies, late parents, retractions, broken records and strays in between."""
    for n in range(start, start + count):
        content = f"content {n % CONTENTS}"
        parent = f"e{n - CONTENTS + 2 * CONTENTS * (n % 5 == 0)}"  # every fifth names a share that comes later
        good = event_json(f"e{n}", content, parent_event_id=parent, parent_basis="exact", audience_size=n % 50)
        yield content.encode() if n % 7 else None, good
        if n % 10 == 3:
            yield content.encode(), good
        if n % 17 == 3:
            better = event_json(
                f"e{n}", content, parent_basis="exact", audience_size=n % 50, attributes={"why": "copy"}
            )
            yield content.encode(), better
        if n % 11 == 4:
            undo = event_json(f"r{n}", content, "retract", target_event_id=f"e{n}", actor_id=f"actor of e{n}")
            yield content.encode(), undo
        if n % 13 == 5:
            yield content.encode(), b"broken %d" % n
