"""An alert in words, escaped for where it is read.

Content ids, campaigns and actor names are written by strangers. Before anything else each becomes one short line without control characters, in
which no @ calls anybody; then the language of the channel gets its own escapes. Subjects and titles hold strangers' words only when they are of
the plainest characters, because services disagree on how a title is read.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemas.alert import Alert, Spreader

Language = Literal["plain", "markdown", "html"]

LONGEST_NAME = 160
"""Characters of what strangers wrote (contents, people, campaigns), after which it is cut."""
LONGEST_SENTENCE = 600
_BREAK = "\u200b"
"""Zero-width space: behind an @, no service finds a name to call."""
_MENTION = re.compile(r"@(?=\S)")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_MARKUP = re.compile(r"([\\`*_~\[\]()|!])")
"""What marks up within a line. Signs that count at the start of a line need no escape: every line starts with a word of ours."""
_ANGLES = str.maketrans({"<": "\u2039", ">": "\u203a"})
"""Look-alikes: dialects of Markdown disagree on how to escape the real ones, and with <!channel> and <url|text> they do the most harm."""
_PLAINEST = re.compile(r"[A-Za-z0-9 :/.-]{1,80}")
_IN_ADDRESS = {sign: f"%{ord(sign):02X}" for sign in "_*~`()[]<>|'\"\\ "}


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads. `body` is in the language that was asked for, `title` is plain in every one."""

    title: str
    body: str


def one_line(words: str, longest: int = LONGEST_NAME) -> str:
    """Somebody else's words as one short line: no control or invisible characters, no line breaks, no mention that calls anybody."""
    seen = "".join(
        " " if char.isspace() else char for char in words if char.isspace() or unicodedata.category(char) not in _UNSEEN
    )
    line = " ".join(seen.split())
    short = line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
    return _MENTION.sub("@" + _BREAK, short)


def _in_markdown(line: str) -> str:
    return _MARKUP.sub(r"\\\1", line.translate(_ANGLES))


_ESCAPES: dict[Language, Callable[[str], str]] = {"plain": str, "markdown": _in_markdown, "html": escape}


def worded(alert: Alert, language: Language) -> Text:
    """The alert for people."""
    said = _ESCAPES[language]
    return Text(_title(alert), ("<br/>\n" if language == "html" else "\n").join(_lines(alert, said, language)))


def _title(alert: Alert) -> str:
    about = alert.content_id if _PLAINEST.fullmatch(alert.content_id) else ""
    words = f"Share Cascades: {_state(alert)}, severity {alert.severity}"
    return f"{words}: {about}" if about else words


def _state(alert: Alert) -> str:
    if alert.kind == "test":
        return "test alert"
    return f"over, {alert.state}" if alert.kind == "closed" else alert.state


def _lines(alert: Alert, said: Callable[[str], str], language: Language) -> Iterator[str]:
    yield said(f"Content: {one_line(alert.content_id)}")
    yield said(f"Why: {one_line(alert.summary, LONGEST_SENTENCE)}")
    facts = [
        f"State {_state(alert)}, before {alert.previous_state}",
        f"severity {alert.severity}",
        f"rule {alert.rule}",
    ]
    if alert.campaign_id:
        facts.append(f"campaign {one_line(alert.campaign_id)}")
    yield said("; ".join(facts))
    if alert.top_spreaders:
        yield said("Carried by " + "; ".join(map(_spreader, alert.top_spreaders)))
    for name, address in (("Page", alert.links.page), ("Dashboard", alert.links.dashboard)):
        if address and urlsplit(address).scheme in {"http", "https"}:
            yield _link(name, address, language)
    yield said(f"Opened {alert.opened_at:%Y-%m-%d %H:%M:%S} UTC. Alert {alert.alert_id}")


def _spreader(who: Spreader) -> str:
    audience = "audience unknown" if who.audience_size is None else f"audience {who.audience_size:,}"
    name = one_line(who.actor_id, 80)
    return f"{name} on {who.platform} ({audience}, {who.downstream_shares:,} shares below)"


def _link(name: str, address: str, language: Language) -> str:
    whole = "".join(_IN_ADDRESS.get(sign, sign) for sign in address)
    if language == "html":
        return f'<a href="{escape(whole)}">{name}</a>'
    return f"{name}: {whole}"
