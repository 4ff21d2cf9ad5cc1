"""What the fields of a connector hold for an account: keys, secrets, wallets and what belongs to them."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from harness.credentials.shapes import Shape, identity_of, make
from harness.venue.described.model import Credential
from harness.venue.model import Account


def credential(account: Account, given: Credential, secret: Credential | None = None) -> str:
    """What the connector's field holds for an account; `secret` is the field that an address belongs to."""
    if given.is_ == "none":
        return given.value or ""
    if given.is_ == "number":
        return str(number_of(account))
    own = {
        "key": account.api_key, "secret": account.api_secret, "passphrase": account.passphrase,
        "wallet": f"wallet {account.api_secret}", "signer": "", "owner": f"owner {account.api_key}",
    }[given.is_]  # fmt: skip
    if given.form == "text":
        own = given.begins + own
        return own if given.length is None else own[: given.length].ljust(given.length, "0")
    if given.form == "pem":
        return _pem(own)
    if isinstance(given.form, Shape):
        return _made(own, given, account, secret)
    raw = hashlib.shake_256(own.encode()).digest(32 if "seed" in given.form else given.length or 32)
    return raw.hex() if given.form.endswith("hex") else base64.b64encode(raw).decode()


def _made(own: str, given: Credential, account: Account, secret: Credential | None) -> str:
    """A value of that shape; one that is public belongs to the account's private key where it has one."""
    shape = Shape(given.form)
    belongs = given.is_ == "signer" or (shape is Shape.ADDRESS and given.is_ != "owner")
    if belongs and secret is not None and isinstance(secret.form, Shape):
        belonging = identity_of(credential(account, secret), secret.form, shape)
        if belonging is not None:
            return belonging
    return _made_up(own or account.name, shape)


@cache
def _made_up(own: str, shape: Shape) -> str:  # noqa: ARG001 - whose it is
    """The same for the same account, as long as this process lives."""
    return make(shape)


@cache
def _pem(own: str) -> str:
    """An Ed25519 private key as PKCS #8 in PEM, made of an account's secret."""
    seed = hashlib.shake_256(own.encode()).digest(32)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def number_of(account: Account | str) -> int:
    """A number for an account, as exchanges have for their users."""
    name = account if isinstance(account, str) else account.name
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:3], "big") + 1_000_000
