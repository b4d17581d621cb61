"""The settings in force, and what is wrong with them in words."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError

from pipeline.config import Settings
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "CASCADES_"
MASK = "••••••"


@cache
def load() -> Settings:
    """The settings from the environment. Raises UsageError that names each wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"{variable(str(found['loc'][0]))}: {found['msg'][:1].lower()}{found['msg'][1:]}"
            for found in error.errors()
        )
        raise UsageError(f"the environment does not work as it is: {wrong}") from None


def variable(field: str) -> str:
    """Name of a setting's environment variable."""
    return PREFIX + field.upper()


def shown(settings: Settings) -> Iterable[tuple[str, str, str]]:
    """(variable, value, meaning) of every setting; secrets are masked."""
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        masked = (MASK if value.get_secret_value() else "") if isinstance(value, SecretStr) else str(value)
        yield variable(name), masked, field.description or ""


def documented() -> list[str]:
    """The README's table of settings, row by row: variable, default, meaning."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        text = (
            default.get_secret_value()
            if isinstance(default, SecretStr)
            else str(default).replace(str(Path.home()), "~")
        )
        rows.append(f"| `{variable(name)}` | {f'`{text}`' if text else ''} | {field.description} |")
    return rows


def unknown_variables() -> list[str]:
    """Variables that look like ours and are none: mostly slips of the pen."""
    known = {variable(name) for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name.upper() not in known)
