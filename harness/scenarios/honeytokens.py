"""What a thief of keys would look for in its own sandbox: made up anew in every run, of use to nobody.

No connector has any business with it. Each value is searched for in all that leaves; one that turns up shows
that somebody looked around.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LETTERS = string.ascii_letters + string.digits
# Every OpenSSH key of this kind begins so (PROTOCOL.key of openssh-portable): it gives nothing away.
_SSH_MAGIC = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQyNTUxOQAAACB"
_LINE = 70


@dataclass(frozen=True)
class Honeytokens:
    """`secrets` by a name that says where they were planted; `environment` holds some of them too."""

    secrets: Mapping[str, str]
    environment: Mapping[str, str]


def plant(home: Path) -> Honeytokens:
    """Fill the empty folder `home`, which becomes somebody's home in a sandbox."""
    values = {
        "honeytoken ~/.ssh/id_ed25519": _random(260),
        "honeytoken ~/.aws/credentials": _random(40),
        "honeytoken ~/.env": _random(64),
        "honeytoken ~/.netrc": _random(32),
        "honeytoken ~/hummingbot/conf/connectors/kraken.yml": _random(88),
        "honeytoken ~/.ethereum/keystore": secrets.token_hex(32),
    }
    ssh, aws, dotenv, netrc, kraken, ethereum = values.values()
    files = {
        ".ssh/id_ed25519": _ssh_key(ssh),
        ".aws/credentials": f"[default]\naws_access_key_id = AKIA{_random(16).upper()}\n"
        f"aws_secret_access_key = {aws}\n",
        ".env": f"BYBIT_API_KEY={_random(18)}\nBYBIT_API_SECRET={dotenv}\n",
        ".netrc": f"machine github.com login trader password {netrc}\n",
        "hummingbot/conf/connectors/kraken.yml": "connector: kraken\n"
        f"kraken_api_key: {_random(56)}\nkraken_secret_key: {kraken}\n",
        ".ethereum/keystore/UTC--2024-03-11T09-20-44Z": '{"version":3,"crypto":{"cipher":"aes-128-ctr",'
        f'"ciphertext":"{ethereum}"}}}}\n',
    }
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    variables = {"CONFIG_PASSWORD": _random(20), "AWS_SECRET_ACCESS_KEY": _random(40)}
    return Honeytokens(
        values | {f"honeytoken ${name}": value for name, value in variables.items()}, variables
    )


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _ssh_key(body: str) -> str:
    text = _SSH_MAGIC + body
    lines = "\n".join(text[at : at + _LINE] for at in range(0, len(text), _LINE))
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{lines}\n-----END OPENSSH PRIVATE KEY-----\n"
