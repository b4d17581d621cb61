"""Synthetic forms of ActiveCampaign."""


def form(kind, **facts):
    known = {"type": kind, "date_time": "2023-11-14T16:13:20-06:00", "initiated_from": "admin", "initiated_by": "admin", "list": "0",
             "contact[id]": "42", "contact[email]": "ann@example.com", "campaign[id]": "7", "campaign[name]": "Spring"}  # fmt: skip
    return {**known, **facts}


SAMPLES = {
    "forward": form("forward"),
    "share": form("share", **{"share[network]": "facebook"}),
    "click": form("click", **{"link[id]": "1", "link[url]": "https://film.example/spring"}),
    "open": form("open", date_time="2023-11-14 16:13:20"),
    "deal": form("deal_add"),
    "subscribe": form("subscribe"),
}
UNKNOWN = {"type": form("teleport"), "nobody": form("open", **{"contact[email]": ""}), "no link": form("click")}
