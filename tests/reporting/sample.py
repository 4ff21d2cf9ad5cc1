"""A stored round as a screening leaves it: one candidate of every kind, and one whose every word is an attack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.forks.submission import AddedConnector, Change, MergePreview, Submission
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, OutcomeLog, Severity, Status
from harness.reporting.model import RunInfo
from harness.reporting.store import write_run
from harness.requirement import Catalogue, Requirement, Source
from harness.round import Candidate, Round, load_round

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
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
submissions_close: 2026-11-15T23:59:59Z
voting: {opens: "2026-11-18", closes: "2026-12-02", channel: "#governance"}
upstream: {pypi: hummingbot, version: "20260922"}
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
    '[{requirement: usage-page-present, reason: "the page is being written, agreed in the developers\' call", '
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
    ("price-and-amount-quantized", "trading-rules", "blocker", "Prices and amounts are rounded to what the exchange takes"),
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


def catalogue() -> Catalogue:
    return Catalogue(
        tuple(
            Requirement(
                id=id_,
                title=title,
                severity=Severity(severity),
                subject=subject,
                profiles=("v2-spot",),
                sources=(Source(doc="checklist.md", at="today", lines="1-2"),),
                why=f"{title}: where it is otherwise, a bot that trades through it acts on a picture that is wrong, "
                "and its owner pays for the difference.",
                fix="Compare with a merged connector of the same generation and run the check again on your own "
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
    **data: str | int,
) -> Evidence:
    return Evidence(basis=basis, kind=EvidenceKind(kind), text=text, file=file, line=line, data=dict(data))


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


def write_round(folder: Path) -> Path:
    """Write the whole round into `folder`, as a screening leaves it, and return `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {
        "binance": "binance",
        "kucoin": "kucoin",
        "binance-hurried": "binance",
        "late": "null",
        "skeleton": "null",
        "nodialect": "null",
        "silent": "null",
        "hostile": "null",
    }
    rows = [
        CANDIDATE.format(
            name=name,
            repository=f"https://github.com/{name}-dev/hummingbot",
            ref="feat/connector",
            connector=name.replace("-", "_"),
            dialect=dialect,
            waivers=WAIVER if name == "kucoin" else "[]",
        )
        for name, dialect in names.items()
    ]
    (folder / "round.yml").write_text(ROUND + "".join(rows), encoding="utf-8")
    round_ = load_round(folder / "round.yml")
    for name, write in WRITERS.items():
        write(folder / name, round_.candidate(name))
    return folder


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
    store(folder / name, submission(round_.candidate(name), **changes), outcomes)
    return round_


def store(folder: Path, pinned: Submission | None, outcomes: list[Outcome], **changes: object) -> None:
    write_run(folder, run_info(**changes), pinned)
    log = OutcomeLog(folder / "outcomes.jsonl")
    log.begin({"commit": pinned.commit if pinned else None})
    log.append(outcomes)


def _binance(folder: Path, candidate: Candidate) -> None:
    trace = "\n".join(f"12:00:{n:02d}.000 GET /api/v3/time attempt {n}" for n in range(30))
    outcomes = all_passed(
        reconnects_with_back_off=outcome(
            "reconnects-with-back-off",
            Status.FAILED,
            "951 attempts to reconnect in 5 seconds, and no pause between them.",
            evidence(trace, "wire", host="stream.binance.com", path="/ws/key", status=101),
            evidence("reconnect delay is 0", "file", file="hummingbot/connector/exchange/binance/stream.py", line=88),
        ),
        usage_page_present=outcome(
            "usage-page-present", Status.FAILED, "No page, README or docstring says how to get the API keys."
        ),
        survives_server_errors=outcome(
            "survives-server-errors",
            Status.HARNESS_ERROR,
            "The harness failed in test_survives_server_errors: TimeoutError",
            evidence("Traceback (most recent call last):\n  …\nTimeoutError", "log"),
        ),
        naming_follows_convention=outcome(
            "naming-follows-convention", Status.NOT_APPLICABLE, "Only for connectors that are new."
        ),
    )
    store(folder, submission(candidate, repository="https://github.com/binance-dev/hummingbot.git"), outcomes)


def _kucoin(folder: Path, candidate: Candidate) -> None:
    missing = outcome("usage-page-present", Status.FAILED, "No page says how to get the API keys.")
    store(folder, submission(candidate), all_passed(usage_page_present=missing))


def _hurried(folder: Path, candidate: Candidate) -> None:
    place = "hummingbot/connector/exchange/binance/binance_exchange.py"
    outcomes = all_passed(
        every_fill_reported_once=outcome(
            "every-fill-reported-once",
            Status.FAILED,
            "An order of 1.5 was filled in three parts; only the last part became an event, so 1.0 is missing.",
            evidence(
                "trade 7712 0.5 @ 41 250.10\ntrade 7713 0.5 @ 41 250.10\ntrade 7714 0.5 @ 41 250.20",
                "ledger", account="bot", asset="BTC", delta="+1.5",
            ),
            evidence("OrderFilled amount=0.5 trade=7714", "event", Basis.CLAIMED, order="x-hb-1"),
            evidence("if order_update['X'] == 'FILLED':", "file", file=place, line=412),
        ),
        price_and_amount_quantized=outcome(
            "price-and-amount-quantized",
            Status.FAILED,
            "quantize gave 0.123456 for lot size 0.001: the exchange refused the order.",
            evidence(
                '{"code": -1013, "msg": "Filter failure: LOT_SIZE"}',
                "wire", method="POST", host="api.binance.com", path="/api/v3/order", status=400,
            ),
        ),
        secrets_stay_inside=outcome(
            "secrets-stay-inside",
            Status.FAILED,
            "The API secret was written to the log.",
            evidence("INFO signing with secret canary-9f…", "log", Basis.CLAIMED, file=place, line=97),
        ),
        event_timestamps_in_seconds=outcome(
            "event-timestamps-in-seconds", Status.FAILED, "An event was stamped 1793954000123, which is milliseconds."
        ),
    )
    store(folder, submission(candidate), outcomes)


def _late(folder: Path, candidate: Candidate) -> None:
    pinned = submission(candidate, newest_commit="ff" * 20, commits_after_deadline=2, pinned_by="deadline")
    store(folder, pinned, all_passed())


def _skeleton(folder: Path, candidate: Candidate) -> None:
    reason = "Not tried, because connector-files-complete failed: 9 of 11 files are missing."
    files = outcome(
        "connector-files-complete",
        Status.FAILED,
        "9 of 11 files are missing.",
        evidence("skeleton_exchange.py\nskeleton_auth.py\nskeleton_constants.py\nskeleton_utils.py", "git"),
    )
    tests = outcome("unit-tests-present", Status.FAILED, "There is no test of it.")
    rest = [
        outcome(id_, Status.PASSED if subject == "submission" else Status.UNDETERMINED,
                None if subject == "submission" else reason)
        for id_, subject, *_ in REQUIREMENTS
        if id_ not in (files.requirement, tests.requirement)
    ]  # fmt: skip
    store(folder, submission(candidate), [files, tests, *rest])


def _no_dialect(folder: Path, candidate: Candidate) -> None:
    reason = "The exchange has no dialect yet, so the running connector cannot be watched."
    static = {"submission", "files", "tests", "docs", "build"}
    outcomes = [
        outcome(id_, Status.PASSED if subject in static else Status.UNDETERMINED,
                None if subject in static else reason)
        for id_, subject, *_ in REQUIREMENTS
    ]  # fmt: skip
    store(folder, submission(candidate), outcomes)


def _silent(folder: Path, candidate: Candidate) -> None:
    reason = "https://github.com/silent-dev/hummingbot did not answer: could not resolve host"
    store(folder, None, [
        outcome("repository-reachable", Status.UNDETERMINED, reason, evidence("fatal: unable to access", "git"))
    ], no_submission=reason)  # fmt: skip


def _hostile(folder: Path, candidate: Candidate) -> None:
    store(folder, hostile_submission(candidate), hostile_outcomes(), notes=HOSTILE[:3])


def hostile_submission(candidate: Candidate) -> Submission:
    paths = tuple(word.replace("\n", "/")[:200] for word in HOSTILE)
    return submission(
        candidate,
        author=HOSTILE[0],
        changes=tuple(change(path) for path in paths),
        merge=MergePreview("conflicts", paths, HOSTILE[1]),
        connectors=(AddedConnector(HOSTILE[1], "exchange", "hummingbot/connector/exchange/x", True),),
    )


def hostile_outcomes() -> list[Outcome]:
    statuses = (Status.FAILED, Status.UNDETERMINED, Status.PASSED, Status.HARNESS_ERROR, Status.NOT_APPLICABLE)
    return [
        outcome(
            REQUIREMENTS[place % len(REQUIREMENTS)][0],
            statuses[place % len(statuses)],
            word,
            Evidence(
                basis=Basis.CLAIMED, kind=EvidenceKind.LOG, text=word, file=word[:200], line=3, data={word: word}
            ),
        )
        for place, word in enumerate(HOSTILE)
    ]


WRITERS = {
    "binance": _binance,
    "kucoin": _kucoin,
    "binance-hurried": _hurried,
    "late": _late,
    "skeleton": _skeleton,
    "nodialect": _no_dialect,
    "silent": _silent,
    "hostile": _hostile,
}
