"""Whether somebody's keys are in the code, and whether the user's end up in the log."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.static.credentials import HEX_KEY, is_secret_name, looks_secret, private_key_in, tokens_in
from checks.static.sources import Source, Sources
from checks.static.wording import places
from harness.checking import expect, requirement, seen_in_file
from harness.outcome import Evidence

LISTED = 20
QUOTED = re.compile(
    r"""(?<![\w-])(?P<name>[\w-]+)["']?\s*[:=]\s*["']?(?P<value>[A-Za-z0-9+/=_.-]{16,})["']?"""
)
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

LOG_METHODS = frozenset(
    {
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "exception",
        "critical",
        "fatal",
        "network",
        "log",
        "notify",
    }
)
LOGGERS = ("logger()", "logger", "_logger", "log", "logging", "_log")
SECRETS = frozenset({"secret", "passphrase", "password", "mnemonic", "jwt", "bearer", "privkey"})
SECRET_PAIRS = (
    ("private", "key"), ("secret", "key"), ("secret", "phrase"), ("seed", "phrase"), ("api", "key"),
    ("access", "token"),
)  # fmt: skip
CARRIERS = (ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.Tuple, ast.List, ast.Dict, ast.BoolOp)


@requirement("no-hardcoded-credentials")
def test_no_credentials(sources: Sources) -> None:
    """The added lines hold no tokens, private keys, or random-looking values under the name of a secret."""
    found: list[Evidence] = []
    for source in sources.code:
        found += [_redacted(source, line, why) for line, why in sorted(set(_in_code(source)))]
    for path in sorted(sources.changed):
        if path.endswith(CONFIG_FILES) and path in sources.paths:
            source = sources[path]
            found += [_redacted(source, line, why) for line, why in sorted(set(_in_text(source)))]
    expect(
        not found,
        f"Somebody's key or secret seems to be in the code, in {places(found)}.",
        *found[:LISTED],
    )


def _redacted(source: Source, line: int, why: str) -> Evidence:
    """The line without the value itself: a report must not spread what it warns of."""
    text = ANY_LONG_WORD.sub(lambda match: match[0][:4] + "…", source.line(line))
    return seen_in_file(source.path, line, f"{why}: {text}")


def _in_code(source: Source) -> Iterator[tuple[int, str]]:
    for number in sorted(source.added):
        line = source.lines[number - 1]
        if len(line) >= 20:
            yield from ((number, kind) for kind in tokens_in(line))
            if private_key_in(line) and not source.is_test and not _mentions_only(line):
                yield number, "private key"
    if not source.is_test:
        yield from _named_values(source)


def _mentions_only(line: str) -> bool:
    """A key's frame in a prompt, a pattern or a comparison, without a key in it."""
    return (
        re.search(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(\\n|\s)*[A-Za-z0-9+/]{16,}|^-----BEGIN", line.strip())
        is None
    )


def _named_values(source: Source) -> Iterator[tuple[int, str]]:
    """A random-looking constant given to, or compared with, something that is called a secret."""
    for node in source.nodes:
        for name, value in _pairs(node):
            if value.lineno in source.added and is_secret_name(name) and looks_secret(str(value.value)):
                yield value.lineno, f"a value for {name}"
    if source.parsed.tree is None:
        for number in sorted(source.added):
            yield from ((number, f"a value for {name}") for name in _quoted(source.lines[number - 1]))
    for text in source.strings:
        given_to = re.split("[=:]", source.line(text.line))[0].strip()
        if HEX_KEY.fullmatch(text.value) and looks_secret(text.value) and is_secret_name(given_to):
            yield text.line, "a private key in hexadecimal"


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


def _quoted(line: str) -> Iterator[str]:
    for match in QUOTED.finditer(line):
        if is_secret_name(match["name"]) and looks_secret(match["value"]):
            yield match["name"]


def _in_text(source: Source) -> Iterator[tuple[int, str]]:
    """Settings and pages, line by line."""
    for number in sorted(source.added):
        line = source.lines[number - 1]
        yield from ((number, kind) for kind in tokens_in(line))
        yield from ((number, f"a value for {name}") for name in _quoted(line))
        if private_key_in(line):
            yield number, "private key"


@requirement("secrets-not-logged")
def test_secrets_not_logged(sources: Sources) -> None:
    """No log call or print is given a secret, nor a text that was put together from one."""
    found = [
        source.evidence(line) for source in sources.shipped for line in sorted(set(logged_secrets(source)))
    ]
    expect(
        not found,
        f"A key or secret of the user's is written to the log in {places(found)}.",
        *found[:LISTED],
    )


def logged_secrets(source: Source) -> Iterator[int]:
    for item in source.definitions:
        if item.is_class or item.node is None:
            continue
        tainted = _tainted(item.node)
        for node in ast.walk(item.node):
            if isinstance(node, ast.Call) and _is_log(node) and node.lineno in source.added:
                arguments = [
                    *node.args,
                    *(keyword.value for keyword in node.keywords if keyword.arg != "exc_info"),
                ]
                if any(_carries(argument, tainted) for argument in arguments):
                    yield node.lineno
    if source.parsed.tree is None:
        yield from _logged_in_cython(source)


def _logged_in_cython(source: Source) -> Iterator[int]:
    """Log calls of one line, and the lines they go on over."""
    depth, since = 0, 0
    for number, line in enumerate(source.lines, 1):
        if re.search(r"logger\(\)\.\w+\(|\bprint\(", line):
            depth, since = 0, number
        if since:
            depth += line.count("(") - line.count(")")
            named = re.findall(r"\{([^{}]*)\}|[(,]\s*(self\.[\w.]+)", line)
            if number in source.added and any(
                _is_secret(part) for pair in named for part in re.split(r"\W", "".join(pair))
            ):
                yield number
            if depth <= 0:
                since = 0


def _is_log(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Name):
        return node.func.id in ("print", "pprint")
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in LOG_METHODS:
        return False
    return ast.unparse(node.func.value).endswith(LOGGERS)


def _is_secret(name: str) -> bool:
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    if words and words[-1] in (
        "name",
        "id",
        "length",
        "type",
        "path",
        "url",
        "field",
        "error",
        "valid",
        "present",
        "hash",
    ):
        return False
    return bool(SECRETS.intersection(words)) or any(
        pair == tuple(words[at : at + 2]) for pair in SECRET_PAIRS for at in range(len(words))
    )


def _tainted(function: ast.AST) -> frozenset[str]:
    """Local names that were put together from a secret."""
    names: set[str] = set()
    for _ in range(2):
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and _carries(node.value, frozenset(names)):
                names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(names)


def _carries(node: ast.AST, tainted: frozenset[str]) -> bool:
    """Whether the value of `node` would show a secret: not what is signed with it, or how long it is."""
    if isinstance(node, ast.Name):
        return node.id in tainted or _is_secret(node.id)
    if isinstance(node, ast.Attribute):
        return _is_secret(node.attr) or node.attr == "__dict__"
    if isinstance(node, ast.Subscript):
        key = node.slice
        named = isinstance(key, ast.Constant) and isinstance(key.value, str) and _is_secret(key.value)
        return named or _carries(node.value, tainted)
    if isinstance(node, ast.Call):
        return _call_shows(node, tainted)
    if isinstance(node, ast.IfExp):
        return _carries(node.body, tainted) or _carries(node.orelse, tainted)
    if isinstance(node, CARRIERS):
        return any(_carries(child, tainted) for child in ast.iter_child_nodes(node))
    return False


def _call_shows(node: ast.Call, tainted: frozenset[str]) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "vars":
        return True
    shows = name in (
        "str",
        "repr",
        "format",
        "decode",
        "encode",
        "dumps",
        "get_secret_value",
        "strip",
        "upper",
        "lower",
        "join",
    )
    inside = [*node.args, *(item.value for item in node.keywords)]
    if isinstance(node.func, ast.Attribute):
        inside.append(node.func.value)
    return shows and any(_carries(item, tainted) for item in inside)
