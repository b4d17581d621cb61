"""Signatures with public keys: SendGrid's ECDSA, and the RSA of Amazon SNS and of ActivityPub."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from pipeline.ingest.http.signatures import in_window, refused

if TYPE_CHECKING:
    from pipeline.ingest.http.keys import Webhook
    from pipeline.ingest.http.received import Received

LEAST_RSA_BITS = 2048


def sendgrid(received: Received, webhook: Webhook) -> None:
    """SendGrid: base64 DER of an ECDSA P-256 SHA-256 signature over the timestamp header and the raw body.

    Raises ProblemError `bad-signature` unless one of the webhook's public keys fits.
    """
    timestamp = received.headers.get("X-Twilio-Email-Event-Webhook-Timestamp", "")
    in_window(timestamp, received.now_s)
    given = decoded(received.headers.get("X-Twilio-Email-Event-Webhook-Signature", ""))
    message = timestamp.encode() + received.body
    if not any(fits(_der(key), given, message) for key in webhook.public_keys):
        raise refused("no live public key fits")


def decoded(text: str) -> bytes:
    """The bytes of a base64 signature. Raises ProblemError when it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refused("the signature is not base64") from None


def fits(key: Any, signature: bytes, message: bytes, *, sha1: bool = False) -> bool:
    """Whether the signature is of this key: RSA PKCS #1 v1.5, ECDSA (both SHA-256, or SHA-1 where SNS version 1 says so) or Ed25519."""
    digest = hashes.SHA1() if sha1 else hashes.SHA256()  # noqa: S303 - SNS signature version 1 knows no other
    try:
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
            key.verify(signature, message, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(digest))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True


def pem(text: str) -> Any:
    """The public key in a PEM text. Raises ProblemError when there is none."""
    try:
        return load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise refused("the sender's public key cannot be read") from None


def of_certificate(text: bytes) -> Any:
    """The public key of a PEM certificate. Raises ProblemError when there is none."""
    try:
        return x509.load_pem_x509_certificate(text).public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise refused("the signing certificate cannot be read") from None


def _der(text: str) -> Any:
    try:
        return load_der_public_key(base64.b64decode(text))
    except (ValueError, UnsupportedAlgorithm):  # binascii.Error is a ValueError
        return None
