"""The file of channels: who gets which alerts, and how. It holds secrets, so nothing of its values appears in an error."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from pipeline.errors import UsageError
from schemas.alert import RuleName
from schemas.event import Id, Platform

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from schemas.alert import Alert

log = logging.getLogger("cascades.notify")

ChannelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Kind = Literal["opened", "changed", "closed"]
_OTHERS_MAY_READ = 0o044


class Channel(BaseModel):
    """One channel. Lists that are left out let everything pass; a content on several platforms needs one that is listed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    address: SecretStr | None = Field(None, description="an apprise address: slack://…, mailto://…, discord://…")
    webhook: SecretStr | None = Field(
        None, description="http or https address that gets signed JSON (Standard Webhooks)"
    )
    secrets: tuple[SecretStr, ...] = Field(
        (), description="secrets of the webhook, whsec_…; each signs, so that one can replace another"
    )
    min_severity: int = Field(1, ge=1, le=10)
    kinds: frozenset[Kind] = frozenset({"opened", "changed", "closed"})
    rules: frozenset[RuleName] = frozenset()
    campaigns: frozenset[Id] = frozenset()
    platforms: frozenset[Platform] = frozenset()

    @model_validator(mode="after")
    def _one_way_out(self) -> Channel:
        if (self.address is None) == (self.webhook is None):
            raise PydanticCustomError("way_out", "needs either address or webhook")
        if (self.webhook is None) == bool(self.secrets):
            raise PydanticCustomError("secrets", "secrets belong to a webhook, and a webhook needs at least one")
        return self

    def wants(self, alert: Alert) -> bool:
        """Whether this alert goes out here. A test alert always does."""
        if alert.kind == "test":
            return True
        return (
            alert.severity >= self.min_severity
            and alert.kind in self.kinds
            and _among(self.rules, [alert.rule])
            and _among(self.campaigns, [alert.campaign_id])
            and _among(self.platforms, alert.platforms)
        )

    def leads_where(self, other: Channel) -> bool:
        """Whether both are the same way out, whatever they let pass."""
        return (self.address, self.webhook, self.secrets) == (other.address, other.webhook, other.secrets)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    channels: dict[ChannelName, Channel] = Field(min_length=1)


def _among(wanted: frozenset[str], found: Iterable[str | None]) -> bool:
    return not wanted or any(name in wanted for name in found)


def load(path: Path) -> dict[str, Channel]:
    """The channels by name. Raises UsageError that names file and place, never a value."""
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"the file of alert channels {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"the file of alert channels {path} is not UTF-8") from None
    except yaml.YAMLError as error:
        raise UsageError(f"the file of alert channels {path} is not YAML{_line(error)}") from None
    try:
        return dict(_File.model_validate(told).channels)
    except ValidationError as error:
        wrong = "; ".join(f"{_place(found['loc'])}: {found['msg']}" for found in error.errors(include_input=False))
        raise UsageError(f"the file of alert channels {path} does not work as it is: {wrong}") from None


def open_to_others(path: Path) -> bool:
    """Whether users of this machine who do not own the file may read it."""
    return bool(path.stat().st_mode & _OTHERS_MAY_READ)


def warn_if_open(path: Path) -> None:
    """Say it to whoever runs the process."""
    if open_to_others(path):
        log.warning("%s holds secrets, and other users of this machine may read it: chmod 600 it", path)


def _line(error: yaml.YAMLError) -> str:
    mark: Any = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1})" if mark else ""


def _place(parts: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in parts if part != "[key]") or "the whole file"
