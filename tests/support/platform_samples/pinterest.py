"""Synthetic Pins: API v5, and the older shape of archives."""


def pin(name, **facts):
    known = {"id": name, "created_at": "2024-03-01T10:00:00", "board_id": "31", "board_owner": {"username": "garden"}}
    return {
        **known,
        "title": "Roses",
        "link": "https://garden.example/roses",
        "is_owner": True,
        "parent_pin_id": None,
        **facts,
    }


METRICS = {
    "90d": {"pin_click": 7, "impression": 2, "clickthrough": 3},
    "lifetime_metrics": {
        "pin_click": 8,
        "impression": 200,
        "clickthrough": 30,
        "reaction": 10,
        "comment": 2,
        "save": 5,
    },
}
SAMPLES = {
    "pin": pin("501", pin_metrics=METRICS),
    "repins": {"items": [pin("502", parent_pin_id="501", board_owner={"username": "bo"}, pin_metrics=METRICS)], "bookmark": None},
    "old repin": {
        "id": "503", "created_at": "Fri, 01 Mar 2024 12:00:00 +0000", "is_repin": True, "parent_pin": {"id": "502"},
        "via_pinner": {"id": "9", "username": "bo"}, "pinner": {"id": "10", "username": "cy", "follower_count": 321},
    },
}  # fmt: skip
UNKNOWN = {
    "repin of nothing": {"id": "504", "created_at": "2024-03-01T10:00:00", "is_repin": True, "pinner": {"id": "10"}},
    "no time": {"id": "505", "board_owner": {"username": "bo"}},
    "list": [],
}
