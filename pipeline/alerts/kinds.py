"""From a channel of the file to the sender that it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.alerts.channels import Channel
    from pipeline.alerts.outcome import Sender


def sender(name: str, channel: Channel) -> Sender:
    """A sender for the channel. Raises UsageError that names the channel, never its address."""
    try:
        return _made(channel)
    except UsageError as error:
        raise UsageError(f"alert channel {name}: {error}") from None


def _made(channel: Channel) -> Sender:
    if channel.webhook is not None:
        from pipeline.alerts.webhook import Webhook  # noqa: PLC0415 - the other kind is never loaded in vain

        return Webhook(channel.webhook.get_secret_value(), [secret.get_secret_value() for secret in channel.secrets])
    from pipeline.alerts.push import Push  # noqa: PLC0415 - apprise is large

    if channel.address is None:
        raise UsageError("it has neither address nor webhook")
    return Push(channel.address.get_secret_value())
