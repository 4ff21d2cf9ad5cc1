"""Whom the new code talks to, and whether it checks who answers."""

from __future__ import annotations

import ast
import ipaddress
import re
from collections.abc import Iterator

from checks.hosts import PUBLIC_SECOND, registrable
from checks.static import forbidden
from checks.static.own_gateway import stays_here
from checks.static.packages import Package
from checks.static.scope import whose
from checks.static.source import Source
from checks.static.sources import Sources
from harness.checking import Attach, expect, requirement, undetermined
from harness.forks.submission import Submission
from harness.outcome import Evidence
from harness.rounds.round import Candidate

LISTED = 20
ADDRESS = re.compile(r"(?P<scheme>https?|wss?)://(?P<host>[^/?#\s\"']*)(?P<rest>\S*)")
BARE_HOST = re.compile(
    r"(?P<host>(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|xyz|trade|exchange|finance|pro|app|dev|me|cc|info|biz|ru|cn|site"
    r"|online|top|fi|network|cloud|us|uk|eu|jp|kr|br|au|in|ai|ws|link|live|sh|host|space|tech|to))(?::\d+)?(?:/\S*)?"
)
TEST_NETWORK = re.compile(r"test|staging|sandbox|demo|paper", re.IGNORECASE)
# Second-level names under which anybody can register.
# Under which anybody is given a host: what stands before them is the owner.
SHARED = frozenset({
    "amazonaws.com", "azurewebsites.net", "cloudfront.net", "fly.dev", "github.io", "herokuapp.com",
    "netlify.app", "onrender.com", "pages.dev", "run.app", "trycloudflare.com", "vercel.app", "web.app",
    "workers.dev",
})  # fmt: skip
VERSION = re.compile(r"v\d+")
LOCAL = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1", ""})  # noqa: S104 - names to look for, not to bind
# Pages for people: a connector has links to them, and does not send anything there.
FOR_PEOPLE = re.compile(
    r"^(docs?|support|help|www|developers?|dev|academy|blog|wiki|apidocs?)[.-]|gitbook\.io$|^github\.com$"
)
# Where anybody can have data delivered.
DROP_BOXES = re.compile(
    r"(^|\.)(webhook\.site|requestbin\.\w+|pipedream\.net|ngrok(-free)?\.(io|app|dev)|pastebin\.com|hastebin\.com|transfer\.sh"
    r"|discord(app)?\.com|api\.telegram\.org|hooks\.slack\.com|burpcollaborator\.net|oast\.\w+|interact\.sh|bit\.ly|tinyurl\.com"
    r"|is\.gd|t\.me|raw\.githubusercontent\.com|gist\.githubusercontent\.com|file\.io|anonfiles\.com|serveo\.net|localtunnel\.me)$",
    re.IGNORECASE,
)


@requirement("only-declared-hosts")
def test_only_declared_hosts(
    sources: Sources, submission: Submission, candidate: Candidate, connector_name: str, evidence: Attach
) -> None:
    """Every address in the code is of a declared host, or of the same exchange's other networks.

    A host that the same file named before is upstream's own, and so is another of the same owner.
    """
    declared = candidate.exchange.hosts
    if not declared:
        undetermined("The round's file declares no hosts for this exchange, so addresses cannot be checked.")
    strange: list[tuple[str, Evidence]] = []
    unnamed: list[tuple[str, Evidence]] = []
    changed = (each.name for each in submission.connectors)
    names = sources.connectors_before.union(changed, candidate.connectors)
    for source in sources.shipped:
        for line, _, host in addresses(source):
            relation = related(host, declared, connector_name)
            if relation == "strange" and not _named_before(host, source):
                of_another = whose(source.path, names) not in (None, *candidate.connectors)
                (unnamed if of_another else strange).append((host, source.evidence(line)))
            elif relation == "same exchange":
                evidence(source.evidence(line))
    hosts = ", ".join(sorted({host for host, _ in strange or unnamed}))
    if unnamed and not strange:
        undetermined(
            f"Addresses of a connector that the candidate's row does not name cannot be checked: {hosts}.",
            *(seen for _, seen in unnamed[:LISTED]),
        )
    expect(
        not strange,
        f"It contains undeclared addresses: {hosts}.",
        *(seen for _, seen in strange[:LISTED]),
    )


def addresses(source: Source) -> Iterator[tuple[int, str, str]]:
    """(line, scheme, host) of each string that is an address or a host's name and nothing else.

    `{}` in a host is what is filled in; the scheme is empty where none is written.
    """
    for text in source.strings:
        match = ADDRESS.fullmatch(text.value.strip())
        if match and not text.prose:
            host = re.sub(r"\{[^}]*\}|%s", "{}", match["host"].rpartition("@")[2])
            yield text.line, match["scheme"], re.sub(r":(\d+|\{\})$", "", host).lower()
        elif not text.prose and (bare := BARE_HOST.fullmatch(text.value)) and not _is_no_host(bare["host"]):
            yield text.line, "", bare["host"]


def _named_before(host: str, source: Source) -> bool:
    owner = registrable(host)
    before = rf"(?<![\w.-]){re.escape(host)}" if _is_shared(host) else rf"(?<![\w-]){re.escape(owner)}"
    return re.search(rf"{before}(?![\w.-])", source.base or "") is not None


def _is_shared(host: str) -> bool:
    return registrable(host) in SHARED or "{}" in host or _is_ip(host) or bool(DROP_BOXES.search(host))


def _is_no_host(name: str) -> bool:
    """`com.br`, below which hosts are, and `v1.trade`, which is a channel's name."""
    first, _, rest = name.partition(".")
    return "." not in rest and bool(first in PUBLIC_SECOND or VERSION.fullmatch(first))


def related(host: str, declared: tuple[str, ...], connector: str) -> str:
    """`declared`, `same exchange` (a test network, another country), `local`, `for people` or `strange`."""
    if host in LOCAL or host.strip("{}.") == "":
        return "local"
    if any(_fits(host, other) for other in declared):
        return "declared"
    if DROP_BOXES.search(host) or _is_ip(host):
        return "strange"
    names = [_letters(connector.removesuffix("_perpetual")), *(_letters(_owner(other)) for other in declared)]
    if any(len(name) > 2 and name in _letters(registrable(host)) for name in names):
        return "same exchange"
    if TEST_NETWORK.search(host):
        return "same exchange"
    return "for people" if FOR_PEOPLE.search(host) else "strange"


def _fits(host: str, declared: str) -> bool:
    """`api.binance.{}` fits `api.binance.com`; so does every host of the same owner."""
    pattern = re.escape(host).replace(re.escape("{}"), r"[\w.-]*")
    return bool(re.fullmatch(pattern, declared)) or (
        not _is_shared(host) and registrable(host) == registrable(declared)
    )


def _owner(host: str) -> str:
    return registrable(host).split(".")[0]


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@requirement("tls-verified")
def test_tls_is_verified(sources: Sources, package: Package) -> None:
    """Certificate checks stay on, and only addresses of this computer are unencrypted."""
    own = sources.under(package.path)
    open_ones = [
        source.evidence(line)
        for source in sources.shipped
        for line, scheme, host in addresses(source)
        if scheme in ("http", "ws")
        and host not in LOCAL
        and not (host == "{}" and source in own and stays_here(source, line, own, LOCAL))
    ]
    unchecked = [
        source.evidence(line) for source in sources.shipped for line in sorted(set(_switched_off(source)))
    ]
    parts = []
    if unchecked:
        parts.append("does not check the exchange's certificate")
    if open_ones:
        parts.append("uses unencrypted addresses")
    expect(not parts, f"It {' and '.join(parts)}.", *unchecked[:LISTED], *open_ones[:LISTED])


SWITCHES = frozenset(
    {"verify", "verify_ssl", "ssl", "check_hostname", "ssl_verify", "verify_mode", "cert_reqs"}
)


def _switched_off(source: Source) -> Iterator[int]:
    """Added lines that leave certificates unchecked."""
    for reference in source.references:
        if reference.name in forbidden.TLS:
            yield reference.line
    for node in source.nodes:
        if not isinstance(node, ast.keyword | ast.Assign) or not _is_off(node.value):
            continue
        if source.added.isdisjoint(range(node.lineno, node.value.lineno + 1)):
            continue
        if isinstance(node, ast.keyword):
            if node.arg in SWITCHES:
                yield node.value.lineno
        else:
            names = [ast.unparse(target).rpartition(".")[2] for target in node.targets]
            if any(name in ("check_hostname", "verify_mode", "verify") for name in names):
                yield node.lineno
    if source.parsed.tree is None:
        pattern = re.compile(rf"\b({'|'.join(SWITCHES)})\s*=\s*False\b")
        yield from (number for number in source.added if pattern.search(source.lines[number - 1]))


def _is_off(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is False or node.value == "CERT_NONE")
