"""What in an address tells who clicked where, or how a page is shown, and not which page it is. Data only: `pipeline.ingest.platforms.links` applies it."""

from __future__ import annotations

from typing import Final

TRACKING_PREFIXES: Final = ("utm_", "mtm_", "pk_", "piwik_", "hsa_", "oly_", "vero_", "_hs", "stm_")
"""Beginnings of the names of query parameters: Urchin/Google, Matomo, HubSpot, Omeda, Vero, Sotrender."""

TRACKING: Final = frozenset(
    {
        *("fbclid", "fb_action_ids", "fb_action_types", "fb_source", "fb_ref", "igshid", "igsh", "__tn__"),  # Meta
        *("gclid", "gclsrc", "dclid", "gbraid", "wbraid", "srsltid", "_ga", "_gl"),  # Google
        *("msclkid", "twclid", "ttclid", "yclid", "ysclid", "epik", "li_fat_id", "rdt_cid", "scclid", "irclickid"),
        *(
            "mc_cid",
            "mc_eid",
            "mkt_tok",
            "elqtrackid",
            "elqtrack",
            "ml_subscriber",
            "ml_subscriber_hash",
            "ck_subscriber_id",
        ),
        *(
            "ref_src",
            "ref_url",
            "cmpid",
            "s_cid",
            "s_kwcid",
            "ns_mchannel",
            "ns_source",
            "ns_campaign",
            "ncid",
            "wt_mc",
            "wt_zmc",
        ),
        *("_openstat", "at_medium", "at_campaign", "spm", "share_id", "cvid", "xtor", "trk", "trkcampaign"),
    }
)
"""Names of query parameters, in lower case."""

TRACKING_OF: Final = {
    "youtube.com": frozenset({"si", "feature", "ab_channel", "pp"}),
    "youtu.be": frozenset({"si", "feature"}),
    "x.com": frozenset({"s", "t", "ref"}),
    "open.spotify.com": frozenset({"si"}),
    "amazon.com": frozenset({"tag", "linkcode", "ascsubtag"}),
    "reddit.com": frozenset({"share_id", "rdt"}),
    "tiktok.com": frozenset({"_r", "_t", "is_from_webapp", "sender_device"}),
}
"""The same, of single sites only: elsewhere such a name may choose the page."""

HOST_PREFIXES: Final = ("www.", "m.", "mobile.", "amp.")
"""The same page for another screen."""

HOSTS: Final = {"twitter.com": "x.com", "youtube-nocookie.com": "youtube.com", "old.reddit.com": "reddit.com"}
"""Names of one site, without a prefix."""

AMP_PARAMETERS: Final = {"amp": {"", "1", "true"}, "outputtype": {"amp"}, "usqp": None}
"""Query parameters that ask for the AMP form, with the values that do; None: any."""
AMP_ENDS: Final = ("/amp", ".amp.html", ".amp")
AMP_CACHE: Final = ".cdn.ampproject.org"
AMP_VIEWERS: Final = ("google.com", "bing.com")
"""They show `/amp/s/<host>/<path>`, as the cache does under `/c/s/`, `/v/s/`, `/i/s/`."""

SHORTENERS: Final = frozenset(
    {
        *(
            "t.co",
            "bit.ly",
            "lnkd.in",
            "pin.it",
            "buff.ly",
            "ow.ly",
            "tinyurl.com",
            "goo.gl",
            "fb.me",
            "on.fb.me",
            "wp.me",
            "is.gd",
        ),
        *(
            "dlvr.it",
            "trib.al",
            "rebrand.ly",
            "cutt.ly",
            "redd.it",
            "youtu.be",
            "amzn.to",
            "apple.co",
            "spoti.fi",
            "nyti.ms",
            "bbc.in",
        ),
        *(
            "vm.tiktok.com",
            "g.co",
            "tumblr.co",
            "t.ly",
            "s.id",
            "shorturl.at",
            "flip.it",
            "ift.tt",
            "hubs.ly",
            "mailchi.mp",
        ),
    }
)
"""Hosts whose addresses say nothing of where they lead."""
