"""Options of platforms whose tokens end and may be renewed: Pinterest and LinkedIn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from pipeline.errors import UsageError
from pipeline.ingest.collect.pollers.access import Fixed, OAuth
from pipeline.ingest.collect.pollers.platform import PollOptions

if TYPE_CHECKING:
    from pipeline.ingest.collect.pollers.access import Access
    from pipeline.ingest.collect.seam import Tools


class TokenOptions(PollOptions):
    """An access token, or what one is got with again and again."""

    access_token: SecretStr | None = Field(None, description="or @file, read anew when it is not taken any more")
    client_id: str = Field("", description="of the application")
    client_secret: SecretStr = Field(SecretStr(""), description="of the application")
    refresh_token: SecretStr | None = Field(None, description="with client_id and client_secret, instead of a token")
    token_address: str = Field(
        "", pattern=r"^(https?://[^\s?#@]+)?$", description="another one than the platform's own"
    )


def access(options: TokenOptions, tools: Tools, token_address: str, *, in_form: bool = False) -> Access:
    """The token, or what renews it. Raises UsageError when neither is given."""
    if options.access_token:
        return Fixed(options.access_token)
    if not options.refresh_token or not options.client_id:
        raise UsageError("give access_token, or refresh_token with client_id and client_secret")
    grant = {"grant_type": "refresh_token", "refresh_token": options.refresh_token.get_secret_value()}
    client = (options.client_id, options.client_secret)
    address = options.token_address or token_address
    return OAuth(tools.session, tools.clock, address, grant, client, {}, in_form=in_form)
