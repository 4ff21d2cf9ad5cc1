"""The keys of a recording: the real ones, which stay on this side of the gateway, and blind ones."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UserError
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.loading import raw
from harness.venue.described.model import Description
from harness.venue.model import Account

SHORTEST = 6  # characters of a secret: a shorter one could not be told from other words
_KINDS = ("key", "secret", "passphrase", "number")


@dataclass(frozen=True)
class Keys:
    """What one side proves itself with. `passphrase` is the account's number where it has no pass phrase."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)

    def named(self, whose: str) -> dict[str, str]:
        """Each by a name that may be shown in its place; texts that are empty are left out."""
        held = {"key": self.key, "secret": self.secret, "pass phrase": self.passphrase}
        return {f"{whose} {name}": text for name, text in held.items() if text}


def blind_keys(spoken: DescribedDialect, account: Account) -> Keys:
    """What a client holds while the gateway signs over."""
    fields = spoken.description.credentials
    held = spoken.credentials(account)
    key = next((held[name] for name, each in fields.items() if each.is_ == "key"), account.api_key)
    has_phrase = any(each.is_ in ("passphrase", "number") for each in fields.values())
    return Keys(key, spoken.secret(account), spoken.passphrase(account) if has_phrase else "")


def real_keys(file: Path, description: Description) -> Keys:
    """Those of a file that has the connector's fields by name, as YAML; raises UserError.

    Nobody but its owner may be able to read it.
    """
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise UserError("others can read this file", where=str(file), hint=f"chmod 600 {file}")
    said = raw(file)
    given = {str(name): str(value) for name, value in said.items()} if isinstance(said, dict) else {}
    wanted = {name: each.is_ for name, each in description.credentials.items() if each.is_ in _KINDS}
    missing = [name for name in wanted if not given.get(name)]
    if missing:
        raise UserError(
            f"it lacks {', '.join(missing)}",
            where=str(file),
            hint="write a line `FIELD: value` for each field that the connector asks for",
        )
    return _read(given, wanted, file)


def _read(given: Mapping[str, str], wanted: Mapping[str, str], file: Path) -> Keys:
    held = {kind: given[name] for name, kind in wanted.items()}
    short = [name for name, kind in wanted.items() if kind != "number" and len(given[name]) < SHORTEST]
    if short:
        raise UserError(
            f"{', '.join(short)}: shorter than {SHORTEST} characters, too short to be redacted safely",
            where=str(file),
            hint="use longer ones: another key, or a key with a longer passphrase",
        )
    phrase = held.get("passphrase") or held.get("number", "")
    return Keys(held.get("key", ""), held.get("secret", ""), phrase)
