"""Whether somebody's keys are in the code, and whether the user's end up in the log."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.static.credentials import HEX_KEY, is_secret_name, looks_secret, private_key_in, tokens_in
from checks.static.dummies import why_harmless
from checks.static.logged import logged_secrets
from checks.static.source import Source
from checks.static.sources import Sources
from checks.static.wording import places
from harness.checking import expect, requirement, seen_in_file
from harness.outcome import Evidence

LISTED = 20
QUOTED = re.compile(
    r"""(?<![\w-])(?P<name>[\w-]+)["']?\s*[:=]\s*["']?(?P<value>[A-Za-z0-9+/=_.-]{16,})["']?"""
)
# In code a value stands in quotes: `secret=self._secret` gives none away.
IN_CODE = re.compile(
    r"""(?<![\w-])(?P<name>[\w-]+)["']?\s*[:=]\s*["'](?P<value>[A-Za-z0-9+/=_.-]{16,})["']"""
)
# Upstream's suites for connectors, and replies of exchanges for them.
FIXTURES = "hummingbot/connector/test_support/"
CONFIG_FILES = (
    ".yml",
    ".yaml",
    ".json",
    ".toml",
    ".ini",
    ".cfg",
    ".env",
    ".txt",
    ".md",
    ".sh",
    ".pem",
    ".key",
)
ANY_LONG_WORD = re.compile(r"[A-Za-z0-9+/=_-]{16,}")


@dataclass(frozen=True, order=True)
class Key:
    """What looks like somebody's key, and the name it is given to: empty for a token by its form."""

    line: int
    why: str
    name: str = ""
    value: str = ""


@requirement("no-hardcoded-credentials")
def test_no_credentials(sources: Sources) -> None:
    """The added lines hold no tokens, private keys or random-looking values that could be real."""
    found = [_redacted(source, key.line, key.why) for source, key, harmless in _keys(sources) if not harmless]
    expect(
        not found,
        f"The code contains what looks like a real key or secret, in {places(found)}.",
        *found[:LISTED],
    )


@requirement("dummy-keys-recognizable")
def test_dummies_are_recognizable(sources: Sources) -> None:
    """Placeholder keys are words, zeros or upstream's own: nobody takes them for real ones."""
    found = [
        _redacted(source, key.line, f"{key.why}, {harmless}")
        for source, key, harmless in _keys(sources)
        if harmless and not (key.value and sources.held_before(key.value))
    ]
    expect(not found, f"A dummy key looks like a real one in {places(found)}.", *found[:LISTED])


def _keys(sources: Sources) -> Iterator[tuple[Source, Key, str | None]]:
    """Each with why it is harmless, or None."""
    for source in sources.code:
        for key in sorted(set(_in_code(source))):
            yield source, key, why_harmless(source, key.line, key.name, key.value, sources)
    for path in sorted(sources.changed):
        if path.endswith(CONFIG_FILES) and path in sources.paths:
            for key in sorted(set(_in_text(sources[path]))):
                yield sources[path], key, why_harmless(sources[path], key.line, key.name, key.value, sources)


def _redacted(source: Source, line: int, why: str) -> Evidence:
    """The line without the value itself: a report must not spread what it warns of."""
    text = ANY_LONG_WORD.sub(lambda match: match[0][:4] + "…", source.line(line))
    return seen_in_file(source.path, line, f"{why}: {text}")


def _in_code(source: Source) -> Iterator[Key]:
    fixtures = source.is_test or FIXTURES in source.path
    for number in sorted(source.added):
        line = source.lines[number - 1]
        if len(line) >= 20:
            value = _text_at(source, number)
            yield from (Key(number, kind, value=value) for kind in tokens_in(line))
            if private_key_in(line) and not fixtures and not _mentions_only(line):
                yield Key(number, "private key", value=value)
    if not fixtures:
        yield from _named_values(source)


def _text_at(source: Source, line: int) -> str:
    """The one string constant that spans the line; empty where there are more, or none."""
    spanning = [
        node.value
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]  # fmt: skip
    return spanning[0] if len(spanning) == 1 else ""


def _mentions_only(line: str) -> bool:
    """A key's frame in a prompt, a pattern or a comparison, without a key in it."""
    return (
        re.search(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(\\n|\s)*[A-Za-z0-9+/]{16,}|^-----BEGIN", line.strip())
        is None
    )


def _named_values(source: Source) -> Iterator[Key]:
    """A random-looking constant given to, or compared with, something that is called a secret."""
    for node in source.nodes:
        for name, value in _pairs(node):
            text = str(value.value)
            if value.lineno in source.added and is_secret_name(name) and looks_secret(text):
                yield Key(value.lineno, f"a value for {name}", name, text)
    if source.parsed.tree is None:
        for number in sorted(source.added):
            yield from _given(IN_CODE, source.lines[number - 1], number)
    for item in source.strings:
        given_to = re.split("[=:]", source.line(item.line))[0].strip()
        if HEX_KEY.fullmatch(item.value) and looks_secret(item.value) and is_secret_name(given_to):
            yield Key(item.line, "a private key in hexadecimal", given_to, item.value)


def _pairs(node: ast.AST) -> Iterator[tuple[str, ast.Constant]]:
    if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from ((ast.unparse(target).rpartition(".")[2], node.value) for target in targets)
    elif isinstance(node, ast.keyword) and node.arg and isinstance(node.value, ast.Constant):
        yield node.arg, node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
                yield str(key.value), value
    elif isinstance(node, ast.arguments):
        with_default = node.args[len(node.args) - len(node.defaults) :]
        for argument, default in zip(with_default, node.defaults, strict=True):
            if isinstance(default, ast.Constant):
                yield argument.arg, default


def _given(pattern: re.Pattern[str], line: str, number: int) -> Iterator[Key]:
    for match in pattern.finditer(line):
        if is_secret_name(match["name"]) and looks_secret(match["value"]):
            yield Key(number, f"a value for {match['name']}", match["name"], match["value"])


def _in_text(source: Source) -> Iterator[Key]:
    """Settings and pages, line by line."""
    for number in sorted(source.added):
        line = source.lines[number - 1]
        yield from (Key(number, kind) for kind in tokens_in(line))
        yield from _given(QUOTED, line, number)
        if private_key_in(line):
            yield Key(number, "private key")


@requirement("secrets-not-logged")
def test_secrets_not_logged(sources: Sources) -> None:
    """No log call or print gets a secret, or a text built from one."""
    found = [
        source.evidence(line) for source in sources.shipped for line in sorted(set(logged_secrets(source)))
    ]
    expect(
        not found,
        f"The user's key or secret is written to the log in {places(found)}.",
        *found[:LISTED],
    )
