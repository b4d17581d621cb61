"""What the documentation says about the options of a kind of source, made from the options themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic_core import PydanticUndefined, to_jsonable_python

from pipeline.ingest.collect.kinds import KINDS
from pipeline.ingest.collect.options import SourceOptions

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def rows(kind: str) -> list[str]:
    """Rows of a Markdown table (option, default, meaning) without what every kind has. Raises KeyError when there is no such kind."""
    fields = KINDS[kind].options.model_fields
    return [
        f"| `{name}` | {_default(field)} | {(field.description or '').replace('|', chr(92) + '|')} |"
        for name, field in fields.items()
        if name not in SourceOptions.model_fields
    ]


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        return "needed"
    return f"`{json.dumps(to_jsonable_python(default))}`"
