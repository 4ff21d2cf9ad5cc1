"""What stored rounds are made of in these tests, and words that attack every format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.forks.submission import AddedConnector, Change, MergePreview, Submission
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, OutcomeLog, Severity, Status
from harness.requirement import Catalogue, Impact, Requirement, Source
from harness.rounds.reading import load_round
from harness.rounds.round import Candidate, Round
from harness.screenings.header import row_of
from harness.screenings.run import RunInfo
from harness.screenings.store import write_run

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title><h1>owned</h1>",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "# owned\n## also",
    "`` ` ``` ~~~ code",
    "| a | b |\n|---|---|\n| c | d |",
    "<!-- --> <b>bold</b> **strong** _em_ ~~gone~~",
    "@everyone @here <@1234> <@&99> <#55> @octocat #12 GH-7",
    "https://evil.example www.evil.example discord.gg/abc a@evil.example",
    "\x1b[2J\x1b]0;title\x07 red\x1b[31m",
    "safe\u202egpj.exe \u2066hidden\u2069 zero\u200bwidth \ufeffmark",
    "]]> &lt;b&gt; &#60;b&#62; &amp;",
    "\x00\x01\x7f\x85\u2028\u2029",
    "a" * 3000,
    "e" + "\u0301" * 50,
    "- [ ] list\n1. one\n> quote\n    indented\n---\n===",
)

ROUND = """\
id: "2026-11"
title: Connector vote of November 2026
release: v2.18.0
submissions_close: "2026-11-15T23:59:59Z"
voting: {opens: "2026-11-18", closes: "2026-12-02", channel: "#governance"}
upstream: {pypi: hummingbot, version: "20260922"}
maintainers: [A. Maintainer]
candidates:
"""

CANDIDATE = """\
  - name: {name}
    repository: {repository}
    ref: {ref}
    connectors: [{connector}]
    kind: exchange
    contact: {name} team
    exchange: {{hosts: [api.{name}.example], dialect: {dialect}, ccxt: null}}
    waivers: {waivers}
"""

WAIVER = (
    '[{requirement: usage-page-present, reason: "the page is being written, agreed in the call", '
    'granted_by: A. Maintainer, until: "2027-01-31"}]'
)

REQUIREMENTS = (
    ("repository-reachable", "submission", "blocker", "The fork can be fetched"),
    ("submitted-before-deadline", "submission", "blocker", "The code was there when submissions closed"),
    ("merges-cleanly", "submission", "major", "It merges into upstream without conflicts"),
    ("change-limited-to-connector", "submission", "major", "The change stays inside the connector"),
    ("connector-files-complete", "files", "blocker", "All files of a connector are there"),
    ("naming-follows-convention", "files", "minor", "Names follow the convention"),
    ("unit-tests-present", "tests", "blocker", "It brings unit tests"),
    ("unit-tests-pass-offline", "tests", "major", "Its unit tests pass without a network"),
    ("usage-page-present", "docs", "major", "A page tells users how to connect"),
    ("builds", "build", "blocker", "It builds"),
    ("imports-and-constructs", "build", "blocker", "It can be loaded and constructed"),
    ("order-book-diffs-applied", "market-data", "blocker", "The order book follows every change"),
    ("trading-rules-match-exchange", "trading-rules", "blocker", "Its trading rules are the exchange's"),
    (
        "price-and-amount-quantized",
        "trading-rules",
        "blocker",
        "Prices and amounts are rounded to what the exchange takes",
    ),
    ("limit-buy-and-sell", "orders", "blocker", "Limit orders reach the exchange as they were meant"),
    ("cancel-one", "orders", "blocker", "A cancelled order is gone"),
    ("every-fill-reported-once", "order-life", "blocker", "Every fill is reported exactly once"),
    ("event-timestamps-in-seconds", "order-life", "major", "Events carry their time in seconds"),
    ("total-balance-matches", "balances-and-fees", "blocker", "The total balance is the exchange's"),
    ("reconnects-with-back-off", "resilience", "minor", "It waits between attempts to reconnect"),
    ("survives-server-errors", "resilience", "major", "It survives errors of the exchange"),
    ("secrets-stay-inside", "security", "blocker", "Keys and secrets go nowhere but into signatures"),
    ("secrets-not-logged", "security", "major", "Keys and secrets are in no log"),
    ("only-declared-hosts", "security", "blocker", "It talks to its exchange only"),
)

IMPACTS = {
    "order-life": Impact.MONEY,
    "balances-and-fees": Impact.MONEY,
    "security": Impact.MONEY,
    "docs": Impact.INCONVENIENCE,
    "tests": Impact.DEVELOPERS,
    "files": Impact.DEVELOPERS,
}


def catalogue() -> Catalogue:
    return Catalogue(
        tuple(
            Requirement(
                id=id_,
                title=title,
                severity=Severity(severity),
                impact=IMPACTS.get(subject, Impact.TRADING),
                subject=subject,
                profiles=("v2-spot",),
                sources=(Source(doc="checklist.md", at="today", lines="1-2"),),
                why=f"{title}: where it is otherwise, a bot that trades through it acts on a wrong picture, "
                "and its owner pays for the difference.",
                fix="Compare with a merged connector of the same generation and run the check on your own "
                "machine before you push.",
            )
            for id_, subject, severity, title in REQUIREMENTS
        )
    )


def evidence(
    text: str,
    kind: str = "note",
    basis: Basis = Basis.OBSERVED,
    file: str | None = None,
    line: int | None = None,
    at: float | None = None,
    **data: str | int,
) -> Evidence:
    return Evidence(
        basis=basis, kind=EvidenceKind(kind), text=text, data=dict(data), file=file, line=line, at=at
    )


def outcome(id_: str, status: Status, summary: str | None = None, *items: Evidence) -> Outcome:
    requirement = catalogue()[id_]
    return Outcome(
        requirement=id_,
        status=status,
        severity=requirement.severity,
        subject=requirement.subject,
        summary=summary or requirement.title,
        evidence=items,
        check=f"checks/conformance/test_{requirement.subject}.py::test_{id_.replace('-', '_')}[exchange/x]",
        seconds=0.25,
    )


def all_passed(**others: Outcome) -> list[Outcome]:
    """Every requirement met, but for those given by id with underscores."""
    return [others.get(id_.replace("-", "_"), outcome(id_, Status.PASSED)) for id_, *_ in REQUIREMENTS]


def submission(candidate: Candidate, **changes: object) -> Submission:
    name = candidate.connectors[0]
    path = f"hummingbot/connector/exchange/{name}"
    fields: dict[str, object] = {
        "candidate": candidate,
        "repository": candidate.repository,
        "ref": candidate.ref,
        "commit": "4f2a9c1b7d3e5f60718293a4b5c6d7e8f9012345",
        "committed_at": datetime(2026, 11, 14, 9, 30, tzinfo=UTC),
        "author": "Ada Developer",
        "newest_commit": "4f2a9c1b7d3e5f60718293a4b5c6d7e8f9012345",
        "commits_after_deadline": 0,
        "upstream_commit": "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "merge_base": "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "behind": 3,
        "merge_base_at": datetime(2026, 10, 30, tzinfo=UTC),
        "changes": (
            change(f"{path}/{name}_exchange.py"),
            change(f"test/hummingbot/connector/exchange/{name}/test_{name}_exchange.py"),
            change("README.md"),
        ),
        "merge": MergePreview("clean", (), ""),
        "connectors": (AddedConnector(name, "exchange", path, True),),
        "generation": "v2",
        "pinned_by": "deadline",
    }
    return Submission(**(fields | changes))  # type: ignore[arg-type]


def change(path: str) -> Change:
    return Change("added", path, None, 0o100644, 1200, "ab" * 20, False)


def run_info(**changes: object) -> RunInfo:
    started = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
    fields: dict[str, object] = {
        "started_at": started,
        "finished_at": started + timedelta(seconds=74),
        "seed": 1,
        "harness": "0.1.0",
        "catalogue": catalogue().version,
        "backend": "bubblewrap",
        "framework": "hummingbot 20260922",
        "python": "3.11.7",
        "time_scale": 10.0,
        "timings": {"fetch": 1.25, "build": 7.9, "checks": 63.4},
    }
    return RunInfo.model_validate(fields | changes)


def one_candidate(folder: Path, name: str, outcomes: list[Outcome], **changes: object) -> Round:
    """A round of one candidate with the outcomes given."""
    folder.mkdir(parents=True, exist_ok=True)
    row = CANDIDATE.format(
        name=name,
        repository=f"https://github.com/{name}-dev/hummingbot",
        ref="master",
        connector=name.replace("-", "_"),
        dialect="null",
        waivers=changes.pop("waivers", "[]"),
    )
    (folder / "round.yml").write_text(ROUND + row, encoding="utf-8")
    round_ = load_round(folder / "round.yml")
    candidate = round_.candidate(name)
    store(folder / name, candidate, submission(candidate, **changes), outcomes)
    return round_


def store(
    folder: Path,
    candidate: Candidate,
    pinned: Submission | None,
    outcomes: list[Outcome],
    **changes: object,
) -> None:
    write_run(folder, run_info(**changes), pinned)
    log = OutcomeLog(folder / "outcomes.jsonl")
    log.begin({"commit": pinned.commit if pinned else None, "row": row_of(candidate)})
    log.append(outcomes)
