"""No blocker rests on the word of the process that the connector shares."""

from __future__ import annotations

from checks.conformance.basis import RESTS_ON, Rests
from harness.commands.catalogue_page import checks_in
from harness.outcome import Severity
from harness.requirement import Catalogue


def running() -> set[str]:
    """The requirements that are checked on the running connector."""
    return {
        slug
        for check in checks_in()
        if check.path.startswith("checks/conformance/")
        for slug in check.requirements
    }


def test_each_requirement_of_the_running_connector_says_what_it_rests_on() -> None:
    assert running() - set(RESTS_ON) == set()
    assert set(RESTS_ON) - running() == set()


def test_no_blocker_rests_on_claims() -> None:
    """That a pass really attaches what it rests on is seen on good connectors, in tests/zoo/test_good.py."""
    claimed = [slug for slug, (rests, _) in RESTS_ON.items() if rests is Rests.CLAIMED]
    catalogue = Catalogue.load()
    assert [slug for slug in claimed if catalogue[slug].severity is Severity.BLOCKER] == []
