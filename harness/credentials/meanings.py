"""What a thing that a connector asks its user for stands for: told by its name, its prompt and its type."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from harness.credentials.asked import Asked


class Meaning(StrEnum):
    """What a field holds, whatever a connector calls it."""

    KEY = "key"
    SECRET = "secret"  # noqa: S105 - the word itself
    PASSPHRASE = "passphrase"  # noqa: S105 - the word itself
    ADDRESS = "address"
    ACCOUNT = "account"
    MODE = "mode"


# Both say who somebody is, and may be seen by the exchange; which of them a connector's name means is often
# told by nothing but its prompt.
IDENTITIES = frozenset({Meaning.KEY, Meaning.ADDRESS})
# By the first that fits: a private key is no key, and the address of an account is no account.
_WORDS: tuple[tuple[Meaning, frozenset[str]], ...] = (
    (Meaning.PASSPHRASE, frozenset({"passphrase", "password", "memo"})),
    (
        Meaning.MODE,
        frozenset({"mode", "tier", "domain", "region", "network", "testnet", "type", "environment"}),
    ),
    (
        Meaning.SECRET,
        frozenset({"secret", "private", "signing", "signer", "mnemonic", "phrase", "seed", "priv"}),
    ),
    (Meaning.ADDRESS, frozenset({"address", "wallet", "public", "pubkey", "vault", "granter"})),
    (
        Meaning.ACCOUNT,
        frozenset(
            {
                "account",
                "subaccount",
                "acct",
                "subacct",
                "uid",
                "user",
                "group",
                "index",
                "limit",
                "portfolio",
            }
        ),
    ),
    (Meaning.KEY, frozenset({"key", "apikey", "token", "id"})),
)
_MODAL = frozenset({"use", "is", "enable", "enabled"})
_TYPES = {"bool": Meaning.MODE, "int": Meaning.ACCOUNT, "Decimal": Meaning.ACCOUNT}


def meaning_of(field: Asked, connector: str) -> Meaning | None:
    """None where neither its name nor its prompt tells."""
    told = _TYPES.get(field.kind)
    if told is not None:
        return told
    if field.kind.startswith(("Literal", "typing.Literal")):
        return Meaning.MODE
    return meaning_of_name(field.name, connector) or _first_meaning(_words(field.prompt))


def meaning_of_name(name: str, connector: str = "") -> Meaning | None:
    """Of a field's name alone, without the connector's name before it."""
    words = _words(name.removeprefix(f"{connector}_"))
    return Meaning.MODE if words and words[0] in _MODAL else _first_meaning(words)


def says_identity(field: Asked, meaning: Meaning) -> bool:
    """Whether its prompt names that identity: `Enter your wallet's address` for `…_api_key`."""
    return _first_meaning([word for word in _words(field.prompt) if word != "key"]) is meaning


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", text).lower())


def _first_meaning(words: Iterable[str]) -> Meaning | None:
    said = frozenset(words)
    return next((meaning for meaning, those in _WORDS if said & those), None)
