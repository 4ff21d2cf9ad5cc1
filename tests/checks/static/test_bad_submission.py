"""Bad specimens. How the code was handed in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from checks.static import test_submission
from harness.forks.submission import AddedConnector, MergePreview
from tests.checks.static.specimens import FOLDER, NAME, today
from tests.checks.static.spoiling import Bad, assert_found, extra, named

LATE = datetime(2026, 10, 1, tzinfo=UTC)

SUBMISSION = [
    Bad(
        "after the deadline",
        test_submission.test_submitted_before_deadline,
        extra(committed_at=LATE),
        says="after submissions closed",
    ),
    Bad(
        "nobody to ask", test_submission.test_point_of_contact, replace(today(), contact=None), says="Nobody"
    ),
    Bad(
        "no connector",
        test_submission.test_adds_the_connector,
        extra(connectors=()),
        says="no connector acme",
    ),
    Bad(
        "changes one that exists",
        test_submission.test_adds_the_connector,
        extra(connectors=(AddedConnector(NAME, "exchange", FOLDER, False),)),
        status="undetermined",
    ),
    Bad(
        "no shared history",
        test_submission.test_based_on_recent_upstream,
        extra(merge_base=None),
        says="no history",
    ),
    Bad(
        "an old base",
        test_submission.test_based_on_recent_upstream,
        extra(behind=40, merge_base_at=datetime(2026, 9, 30, tzinfo=UTC) - timedelta(days=200)),
        says="200 days",
    ),
    Bad(
        "conflicts",
        test_submission.test_merges_cleanly,
        extra(merge=MergePreview("conflicts", ("setup.py",), "")),
        "conflict in setup.py",
    ),
    Bad(
        "no trial merge",
        test_submission.test_merges_cleanly,
        extra(merge=MergePreview("unknown", (), "no git")),
        status="undetermined",
    ),
    Bad(
        "a change elsewhere",
        test_submission.test_change_is_limited,
        today().adding({"hummingbot/core/clock.py": "x = 1\n"}),
        "added: hummingbot/core/clock.py",
    ),
    Bad(
        "another connector changed on the way",
        test_submission.test_change_is_limited,
        today().adding(
            {"hummingbot/connector/exchange/binance/binance_exchange.py": "class BinanceExchange: x = 1\n"}
        ),
        "modified: hummingbot/connector/exchange/binance/binance_exchange.py",
    ),
    Bad(
        "another version",
        test_submission.test_identity_is_untouched,
        today().adding({"hummingbot/VERSION": "acme-1\n"}),
        "modified: hummingbot/VERSION",
    ),
    Bad(
        "another place to clone from",
        test_submission.test_identity_is_untouched,
        today().adding({"README.md": "# Hummingbot\n\ngit clone https://github.com/acme/hummingbot.git\n"}),
        "README.md:3",
    ),
    Bad(
        "another title",
        test_submission.test_identity_is_untouched,
        today().adding({"README.md": "# Acme Trader\n"}),
        "README.md:1",
    ),
    Bad(
        "a log file",
        test_submission.test_no_stray_files,
        today().adding({"logs/run.log": "x"}),
        "logs/run.log: log",
    ),
    Bad(
        "settings of an editor",
        test_submission.test_no_stray_files,
        today().adding({".idea/x.xml": "x"}),
        ".idea/x.xml: editor settings",
    ),
    Bad("generated code", test_submission.test_no_stray_files, today().adding({f"{FOLDER}/dummy.cpp": "x"})),
]

BAD = SUBMISSION


@pytest.mark.parametrize("bad", BAD, ids=named)
def test_finds_what_was_spoilt(bad: Bad) -> None:
    assert_found(bad)
