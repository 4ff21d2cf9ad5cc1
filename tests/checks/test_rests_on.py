"""No blocker rests on the word of the process that the connector shares."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness.commands.catalogue_page import checks_in, explain
from harness.errors import OurFailure
from harness.outcome import Severity
from harness.requirement import Catalogue, Rests

CATALOGUE = Catalogue.load()


def running() -> set[str]:
    """The requirements that are checked on the running connector."""
    return {
        slug
        for check in checks_in()
        if check.path.startswith("checks/conformance/")
        for slug in check.requirements
    }


def test_each_requirement_of_the_running_connector_says_what_it_rests_on() -> None:
    assert {each.id for each in CATALOGUE if each.rests_on} == running()


def test_no_blocker_rests_on_claims() -> None:
    """That a pass really attaches what it rests on is seen on good connectors, in tests/zoo/test_good.py."""
    blockers = [each for each in CATALOGUE if each.severity is Severity.BLOCKER and each.rests_on]
    assert len(blockers) > 10
    assert {each.rests_on.kind for each in blockers if each.rests_on} == {Rests.OBSERVED, Rests.COMPARED}


def test_a_record_of_a_blocker_that_rests_on_claims_is_refused(tmp_path: Path) -> None:
    claimed = next(each for each in CATALOGUE if each.rests_on and each.rests_on.kind is Rests.CLAIMED)
    record = claimed.model_dump(mode="json") | {"severity": "blocker"}
    file = tmp_path / "records.yml"
    file.write_text(yaml.safe_dump([record]), encoding="utf-8")
    refused = rf"(?s)record {claimed.id}: .*cannot rest on what the connector claims"
    with pytest.raises(OurFailure, match=refused):
        Catalogue.load(tmp_path)


def test_the_page_says_what_a_pass_rests_on() -> None:
    assert "A pass rests on seen by us: orders in the venue's books." in explain(
        CATALOGUE["limit-buy-and-sell"], ()
    )
