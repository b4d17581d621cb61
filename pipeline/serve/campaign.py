"""One campaign's page: its figures and amplifiers, and the conversation of the accounts that it owns."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pipeline.serve import sql_campaign as sql

if TYPE_CHECKING:
    from pipeline.serve.reader import Reader, Row


class CampaignPage:
    """Loads part `campaign`: `facts` (a row of `v_campaign`) and `amplifiers`; `{"id", "known": false}` while no content names it."""

    def __init__(self, reader: Reader, campaign: str) -> None:
        self._reader = reader
        self._id = campaign

    async def __call__(self) -> dict[str, object]:
        rows, amplifiers = await asyncio.gather(
            self._reader.rows(sql.CAMPAIGN, id=self._id), self._reader.rows(sql.AMPLIFIERS, id=self._id)
        )
        if not rows:
            return {"campaign": {"id": self._id, "known": False}}
        total = amplifiers[0]["amplifiers"] if amplifiers else 0
        return {
            "campaign": {
                "id": self._id,
                "known": True,
                "facts": facts(rows[0]),
                "amplifiers": {"top": amplifiers, "total": total},
            }
        }


class Conversation:
    """Loads part `conversation`: `accounts`, a row of `v_accounts` for each account that the campaign owns; none is a setting not made."""

    def __init__(self, reader: Reader, campaign: str) -> None:
        self._reader = reader
        self._id = campaign

    async def __call__(self) -> dict[str, object]:
        # v_accounts reads everything: it is asked only where an account is named.
        owned = await self._reader.rows(sql.OWNED, id=self._id)
        named = bool(owned) and owned[0]["accounts"] > 0
        accounts = await self._reader.rows(sql.ACCOUNTS, id=self._id) if named else []
        return {"conversation": {"accounts": accounts}}


def facts(row: Row) -> dict[str, object]:
    """The row with None for a reach of which nothing is known: ClickHouse adds up the audiences it knows, and an empty sum is no zero."""
    unknown = {
        "primary_reach": row["primary_reach"] == 0,
        "secondary_reach": row["audience_coverage"] == 0,
        "potential_reach": row["primary_reach"] == 0 and row["secondary_reach"] == 0,
    }
    known = {name: None if missing else row[name] for name, missing in unknown.items()}
    return {**row, **known, "platforms": [str(name) for name in row["platforms"]]}
