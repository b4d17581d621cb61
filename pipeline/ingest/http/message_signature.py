"""What an HTTP message signature covers, in both dialects that ActivityPub servers speak: draft-cavage-12 and RFC 9421.

Pure: from headers to (key id, signature, signed text). What is signed must include method, address and the body's digest, so that a signature
for one request fits no other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from pipeline.ingest.http.public_keys import decoded
from pipeline.ingest.http.signatures import refused

if TYPE_CHECKING:
    from pipeline.ingest.http.received import Received

WINDOW_S = 12 * 3600
"""As Mastodon has it: servers of the Fediverse have wild clocks. An activity's id makes a second delivery harmless."""
_PARAMETER = re.compile(r'([A-Za-z]+)=(?:"([^"]*)"|(\d+))')
_INPUT = re.compile(r'([a-z][a-z0-9_*.-]*)=(\(([^()]*)\)((?:;[a-z]+=(?:"[^"]*"|\d+))*))')
_SHA256 = re.compile(r"sha-256=:?([A-Za-z0-9+/]+={0,2})", re.IGNORECASE)


class Signed(NamedTuple):
    """Who says to have signed what."""

    key_id: str
    signature: bytes
    text: bytes


def read(received: Received) -> Signed:
    """The signature of a request. Raises ProblemError `bad-signature` when there is none, or it leaves out what matters, or is too old."""
    if "Signature-Input" in received.headers:
        return _rfc9421(received)
    return _cavage(received)


def _cavage(received: Received) -> Signed:
    given = {name: text or number for name, text, number in _PARAMETER.findall(received.headers.get("Signature", ""))}
    names = given.get("headers", "").lower().split()
    if not {"(request-target)", "host", "date", "digest"} <= set(names) or not {"keyId", "signature"} <= set(given):
        raise refused("Signature has to cover (request-target), host, date and digest")
    _require_digest(received.headers.get("Digest", ""), received.body)
    _recent(_http_date(received.headers.get("Date", "")), received.now_s)
    text = "\n".join(f"{name}: {_cavage_value(name, received)}" for name in names)
    return Signed(given["keyId"], decoded(given["signature"]), text.encode("utf-8", "surrogateescape"))


def _cavage_value(name: str, received: Received) -> str:
    if name == "(request-target)":
        parts = urlsplit(received.url)
        return f"{received.method.lower()} {parts.path}" + (f"?{parts.query}" if parts.query else "")
    return _header(name, received)


def _rfc9421(received: Received) -> Signed:
    match = _INPUT.search(received.headers["Signature-Input"])
    if match is None:
        raise refused("Signature-Input is malformed")
    label, parameters, covered, rest = match.groups()
    names = re.findall(r'"([^"]+)"', covered)
    given = {name: text or number for name, text, number in _PARAMETER.findall(rest)}
    if not {"@method", "@target-uri", "content-digest"} <= set(names) or not {"created", "keyid"} <= set(given):
        raise refused("Signature-Input has to cover @method, @target-uri and content-digest, with created and keyid")
    _require_digest(received.headers.get("Content-Digest", ""), received.body)
    _recent(int(given["created"][:12]), received.now_s)
    lines = [f'"{name}": {_component(name, received)}' for name in names]
    text = "\n".join([*lines, f'"@signature-params": {parameters}'])
    signature = re.search(rf"(?:^|[,\s]){re.escape(label)}=:([A-Za-z0-9+/=]*):", received.headers.get("Signature", ""))
    return Signed(given["keyid"], decoded(signature[1] if signature else ""), text.encode("utf-8", "surrogateescape"))


def _component(name: str, received: Received) -> str:
    parts = urlsplit(received.url)
    derived = {
        "@method": received.method,
        "@target-uri": received.url,
        "@authority": parts.netloc.lower(),
        "@scheme": parts.scheme,
        "@path": parts.path or "/",
        "@query": f"?{parts.query}",
    }
    return derived[name] if name in derived else _header(name, received)


def _header(name: str, received: Received) -> str:
    value = received.headers.get(name)
    if value is None:
        raise refused("a header that the signature covers is missing")
    return value.strip()


def _require_digest(header: str, body: bytes) -> None:
    match = _SHA256.search(header)
    expected = base64.b64encode(hashlib.sha256(body).digest())
    if match is None or not hmac.compare_digest(expected, match[1].encode()):
        raise refused("the digest is not that of the body")


def _http_date(text: str) -> float:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        raise refused("Date is no date") from None


def _recent(moment_s: float, now_s: float) -> None:
    if abs(moment_s - now_s) > WINDOW_S:
        raise refused(f"signed more than {WINDOW_S // 3600} h ago, or by a clock that is wrong")
