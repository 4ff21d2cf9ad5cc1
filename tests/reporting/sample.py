"""A stored round as a screening leaves it: candidates of every kind, and one whose every word attacks."""

from __future__ import annotations

from pathlib import Path

from harness.checking import drawn
from harness.forks.submission import AddedConnector, MergePreview, Submission
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, Status
from harness.rounds.reading import load_round
from harness.rounds.round import Candidate
from tests.reporting.parts import (
    CANDIDATE,
    HOSTILE,
    REQUIREMENTS,
    ROUND,
    WAIVER,
    all_passed,
    change,
    evidence,
    outcome,
    store,
    submission,
)


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


def _binance(folder: Path, candidate: Candidate) -> None:
    trace = "\n".join(f"12:00:{n:02d}.000 GET /api/v3/time attempt {n}" for n in range(30))
    outcomes = all_passed(
        reconnects_with_back_off=outcome(
            "reconnects-with-back-off",
            Status.FAILED,
            "951 attempts to reconnect in 5 seconds, and no pause between them.",
            evidence("The stream is closed by us", at=0.0),
            evidence("GET wss://stream.binance.com/ws/key\n→ 503", "wire", at=0.0051),
            evidence("OrderBookEvent", "event", Basis.CLAIMED, at=12.5),
            drawn(evidence("951 attempts", "measurement"), [0, 12, 400, 539, 0]),
            evidence(trace, "wire", host="stream.binance.com", path="/ws/key", status=101),
            evidence(
                "reconnect delay is 0",
                "file",
                file="hummingbot/connector/exchange/binance/stream.py",
                line=88,
            ),
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
    store(
        folder,
        candidate,
        submission(candidate, repository="https://github.com/binance-dev/hummingbot.git"),
        outcomes,
    )


def _kucoin(folder: Path, candidate: Candidate) -> None:
    missing = outcome("usage-page-present", Status.FAILED, "No page says how to get the API keys.")
    store(folder, candidate, submission(candidate), all_passed(usage_page_present=missing))


def _hurried(folder: Path, candidate: Candidate) -> None:
    place = "hummingbot/connector/exchange/binance/binance_exchange.py"
    outcomes = all_passed(
        every_fill_reported_once=outcome(
            "every-fill-reported-once",
            Status.FAILED,
            "1.5 was filled in three parts; only the last part became an event, so 1.0 is missing.",
            evidence(
                "trade 7712 0.5 @ 41 250.10\ntrade 7713 0.5 @ 41 250.10\ntrade 7714 0.5 @ 41 250.20",
                "ledger",
                account="bot",
                asset="BTC",
                delta="+1.5",
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
                "wire",
                method="POST",
                host="api.binance.com",
                path="/api/v3/order",
                status=400,
            ),
        ),
        secrets_stay_inside=outcome(
            "secrets-stay-inside",
            Status.FAILED,
            "The API secret was written to the log.",
            evidence("INFO signing with secret canary-9f…", "log", Basis.CLAIMED, file=place, line=97),
        ),
        event_timestamps_in_seconds=outcome(
            "event-timestamps-in-seconds",
            Status.FAILED,
            "An event was stamped 1793954000123, which is milliseconds.",
        ),
    )
    store(folder, candidate, submission(candidate), outcomes)


def _late(folder: Path, candidate: Candidate) -> None:
    pinned = submission(candidate, newest_commit="ff" * 20, commits_after_deadline=2, pinned_by="deadline")
    store(folder, candidate, pinned, all_passed())


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
    store(folder, candidate, submission(candidate), [files, tests, *rest])


def _no_dialect(folder: Path, candidate: Candidate) -> None:
    reason = "The exchange has no dialect yet, so the running connector cannot be watched."
    static = {"submission", "files", "tests", "docs", "build"}
    outcomes = [
        outcome(id_, Status.PASSED if subject in static else Status.UNDETERMINED,
                None if subject in static else reason)
        for id_, subject, *_ in REQUIREMENTS
    ]  # fmt: skip
    store(folder, candidate, submission(candidate), outcomes)


def _silent(folder: Path, candidate: Candidate) -> None:
    reason = "https://github.com/silent-dev/hummingbot did not answer: could not resolve host"
    seen = evidence("fatal: unable to access", "git")
    unreachable = outcome("repository-reachable", Status.UNDETERMINED, reason, seen)
    store(folder, candidate, None, [unreachable], no_submission=reason)


def _hostile(folder: Path, candidate: Candidate) -> None:
    store(folder, candidate, hostile_submission(candidate), hostile_outcomes(), notes=HOSTILE[:3])


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
    statuses = (
        Status.FAILED,
        Status.UNDETERMINED,
        Status.PASSED,
        Status.HARNESS_ERROR,
        Status.NOT_APPLICABLE,
    )
    return [
        outcome(
            REQUIREMENTS[place % len(REQUIREMENTS)][0],
            statuses[place % len(statuses)],
            word,
            Evidence(
                basis=Basis.CLAIMED,
                kind=EvidenceKind.LOG,
                text=word,
                file=word[:200],
                line=3,
                data={word: word},
            ),
            Evidence(basis=Basis.CLAIMED, kind=EvidenceKind.EVENT, text=word, at=float(place)),
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
