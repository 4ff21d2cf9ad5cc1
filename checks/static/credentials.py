"""Recognising keys and secrets in source text, with the plugins of detect-secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector


class LinearNpmDetector(NpmDetector):
    """Without the front of the address, which detect-secrets tries from every slash of a line."""

    denylist = [re.compile(r"/:_authToken=\s*((npm_.+)|([A-Fa-f0-9-]{36})).*")]  # noqa: RUF012 - as its base


TOKENS = (
    AWSKeyDetector, AzureStorageKeyDetector, DiscordBotTokenDetector, GitHubTokenDetector,
    GitLabTokenDetector, LinearNpmDetector, OpenAIDetector, PypiTokenDetector, SendGridDetector,
    SlackDetector, StripeDetector, TelegramBotTokenDetector, TwilioKeyDetector,
)  # fmt: skip

SECRET_WORDS = frozenset({
    "secret", "passphrase", "password", "passwd", "mnemonic", "seed", "privkey", "pwd", "private", "token",
    "apikey",
})  # fmt: skip
SECRET_PAIRS = (
    ("api", "key"),
    ("access", "key"),
    ("private", "key"),
    ("secret", "key"),
    ("secret", "phrase"),
)
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Bits of entropy a character: random base64 is near 6, hexadecimal near 4, words and paths below 3.6.
MIN_ENTROPY = 3.4
MIN_LENGTH = 16
OPAQUE = re.compile(r"[A-Za-z0-9+/=_\-.]+")
HEX_KEY = re.compile(r"(?:0x)?[0-9a-fA-F]{64}")
SPOKEN = re.compile(
    r"^[a-z]+([._/ -][a-z0-9]+)*$|(test|dummy|example|fake|your|mock|xxx|\*\*)",
    re.I,
)
ZERO = re.compile(r"(?:0x)?0*[0-9a-f]{0,2}|(?:0x)?(?P<one>[0-9a-fA-F])(?P=one)+", re.I)


@cache
def _plugins() -> tuple[Any, ...]:
    return tuple(kind() for kind in TOKENS)


def tokens_in(line: str) -> Iterator[str]:
    """Kinds of well-known tokens on the line: `AWS Access Key`, `GitHub Token` …"""
    for plugin in _plugins():
        if any(True for _ in plugin.analyze_string(line)):
            yield str(plugin.secret_type)


def private_key_in(line: str) -> bool:
    return any(True for _ in PrivateKeyDetector().analyze_string(line))


def is_secret_name(name: str) -> bool:
    """`binance_api_secret`, `SECRET_KEY`, `apiKey`; not `secret_key_field_name`, `token_pair` …"""
    words = [word.lower() for word in WORDS.findall(name)]
    if not words or words[-1] in (
        "name",
        "path",
        "url",
        "field",
        "prompt",
        "header",
        "id",
        "type",
        "pair",
        "pairs",
        "label",
    ):
        return False
    paired = any(pair == tuple(words[at : at + 2]) for pair in SECRET_PAIRS for at in range(len(words)))
    return (
        paired or any(word in SECRET_WORDS - {"private", "token"} for word in words) or words[-1] == "token"
    )


def looks_secret(value: str) -> bool:
    """Long, opaque and random: what a real key looks like, and no word or placeholder does."""
    if (
        len(value) < MIN_LENGTH
        or not OPAQUE.fullmatch(value)
        or SPOKEN.search(value)
        or ZERO.fullmatch(value)
    ):
        return False
    return bool(entropy(value) >= (3.0 if HEX_KEY.fullmatch(value) else MIN_ENTROPY))


@cache
def _measure() -> Any:
    return Base64HighEntropyString(limit=0.0)


def entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    return float(_measure().calculate_shannon_entropy(value))
