"""Names of platforms with their labels for people. An open set: other names are accepted and shown as they are."""

from __future__ import annotations

from types import MappingProxyType

PLATFORMS = MappingProxyType(
    {
        "bluesky": "Bluesky",
        "discord": "Discord",
        "email": "E-mail",
        "facebook": "Facebook",
        "farcaster": "Farcaster",
        "googleplus": "Google+",
        "hackernews": "Hacker News",
        "instagram": "Instagram",
        "lemmy": "Lemmy",
        "linkedin": "LinkedIn",
        "mastodon": "Mastodon",
        "myspace": "Myspace",
        "nostr": "Nostr",
        "pinterest": "Pinterest",
        "reddit": "Reddit",
        "snapchat": "Snapchat",
        "telegram": "Telegram",
        "threads": "Threads",
        "tiktok": "TikTok",
        "tumblr": "Tumblr",
        "twitter": "X (Twitter)",
        "web": "Web",
        "weibo": "Weibo",
        "whatsapp": "WhatsApp",
        "youtube": "YouTube",
    }
)


def label(platform: str) -> str:
    """What people call the platform; its own name when it is not a known one."""
    return PLATFORMS.get(platform, platform)
