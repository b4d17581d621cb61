"""Who may send: tokens with their scope, and the secrets of each platform's webhook. Read once, from two settings, and never shown."""

from __future__ import annotations

import base64
import binascii
import hmac
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from pipeline.errors import UsageError
from schemas.wire import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.config import Settings
    from schemas.wire import WireEvent

LEAST_TOKEN = 20
LIVE = 2
"""Secrets of one sender that are valid at once: the new one and the one that it takes over from."""


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < LEAST_TOKEN:
        raise ValueError(
            f"a token needs at least {LEAST_TOKEN} characters: `cascades ingest --new-token NAME` draws one"
        )
    return secret


def _signing(secret: SecretStr) -> SecretStr:
    standard_secret(secret.get_secret_value())
    return secret


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Patterns = Annotated[tuple[str, ...], Field(min_length=1)]


class Strict(BaseModel):
    """Unknown names are slips of the pen, and values do not appear in messages."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Token(Strict):
    """One sender of `/v1/events`: how it is known, and what it may send."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = Field(
        description="shown in metrics and logs"
    )
    tokens: tuple[Annotated[SecretStr, AfterValidator(_long_enough)], ...] = Field((), max_length=LIVE)
    sha256: tuple[Digest, ...] = Field(
        (), max_length=LIVE, description="the tokens' SHA-256 instead of the tokens themselves"
    )
    signing_secrets: tuple[Annotated[SecretStr, AfterValidator(_signing)], ...] = Field(
        (), max_length=LIVE, description="Standard Webhooks secrets (whsec_…), for senders that sign"
    )
    platforms: Patterns = ("*",)
    campaigns: Patterns = ("*",)
    kinds: tuple[Kind, ...] = ()
    moderate: bool = Field(default=False, description="may undo other people's acts (attributes.right = moderate)")
    events_per_s: float = Field(0.0, ge=0, description="0: as many as Kafka takes")

    @model_validator(mode="after")
    def _is_known_somehow(self) -> Token:
        if not (self.tokens or self.sha256 or self.signing_secrets):
            raise ValueError("give tokens, sha256 or signing_secrets: nobody could use this entry")
        return self

    def digests(self) -> Iterable[str]:
        """What its bearer tokens hash to."""
        yield from self.sha256
        for token in self.tokens:
            yield sha256(token.get_secret_value().encode()).hexdigest()

    def refusal(self, event: WireEvent) -> str | None:
        """Why this token may not send this event; None when it may."""
        if not _any_fits(self.platforms, event.platform):
            return f"platform {event.platform}"
        if not _any_fits(self.campaigns, event.campaign_id or ""):
            return f"campaign {event.campaign_id!r}"
        if self.kinds and event.kind not in self.kinds:
            return f"kind {event.kind}"
        if event.kind == "retract" and event.attributes.get("right") == "moderate" and not self.moderate:
            return "the right to moderate"
        return None


def _any_fits(patterns: tuple[str, ...], value: str) -> bool:
    return patterns == ("*",) or any(fnmatchcase(value, pattern) for pattern in patterns)


class Webhook(Strict):
    """One platform's webhook. Which fields are needed depends on how the platform proves itself; docs/front-doors.md says which."""

    secrets: tuple[SecretStr, ...] = Field((), max_length=LIVE, description="shared secrets that are live")
    verify_token: SecretStr | None = Field(None, description="Meta, WebSub: what their GET must bring")
    public_keys: tuple[str, ...] = Field((), max_length=LIVE, description="SendGrid: base64 DER of the public key")
    topics: tuple[str, ...] = Field((), description="WebSub topics or SNS TopicArns that are ours")
    targets: tuple[str, ...] = Field((), description="Webmention: host names of our pages")
    instance: str = Field("", description="Mastodon: the host whose webhook it is")
    campaign_id: str | None = Field(None, description="campaign of everything that comes by this door")


class Keyring:
    """The tokens by their digest, the signers by name, the webhooks by platform."""

    def __init__(self, tokens: Iterable[Token] = (), webhooks: dict[str, Webhook] | None = None) -> None:
        self._by_digest: dict[str, Token] = {}
        self.signers: dict[str, Token] = {}
        self.webhooks = webhooks or {}
        for token in tokens:
            self._add(token)

    def _add(self, token: Token) -> None:
        for digest in token.digests():
            if digest in self._by_digest:
                raise UsageError(
                    f"CASCADES_INGEST_TOKENS: {token.name} and {self._by_digest[digest].name} have the same token"
                )
            self._by_digest[digest] = token
        if token.signing_secrets:
            self.signers[token.name] = token

    def __bool__(self) -> bool:
        return bool(self._by_digest or self.signers or self.webhooks)

    def bearer(self, presented: str) -> Token | None:
        """The sender with this token. What time the look-up takes tells of the digest only, never of a token."""
        digest = sha256(presented.encode("utf-8", "backslashreplace")).hexdigest()
        found = self._by_digest.get(digest)
        return found if found and any(hmac.compare_digest(digest, known) for known in found.digests()) else None


def standard_secret(text: str) -> bytes:
    """The key bytes in a Standard Webhooks secret. Raises ValueError when it is none."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith("whsec_") or len(key) < LEAST_TOKEN:
        raise ValueError("a signing secret is whsec_ and base64 of 24 to 64 random bytes")
    return key


def load(settings: Settings) -> Keyring:
    """The keyring of the settings. Raises UsageError that names the setting and never shows a secret."""
    tokens = read_setting("CASCADES_INGEST_TOKENS", settings.ingest_tokens, TypeAdapter(list[Token])) or []
    webhooks = read_setting("CASCADES_WEBHOOKS", settings.webhooks, TypeAdapter(dict[str, Webhook])) or {}
    return Keyring(tokens, webhooks)


def read_setting(name: str, secret: SecretStr, shape: TypeAdapter[Any]) -> Any:
    """What a setting says, itself JSON or `@` and a file of it; None when it is empty. Raises UsageError that names the place, never the value."""
    text = secret.get_secret_value()
    if text.startswith("@"):
        text = _file(name, text[1:])
    try:
        return shape.validate_json(text) if text.strip() else None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"{name} does not work as it is: {place or 'the text'}: {first['msg']}") from None


def _file(name: str, path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} names the file {path}, which cannot be read: {error}") from None
