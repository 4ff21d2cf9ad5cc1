"""JUnit, SARIF and the badge: well formed whatever a fork says."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from tests.reporting.parts import HOSTILE


def root(path: Path) -> ElementTree.Element:
    return ElementTree.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - written by us


def test_junit_counts_what_it_holds(published: Path) -> None:
    for path in published.glob("*/junit.xml"):
        suites = root(path)
        cases = suites.findall("./testsuite/testcase")
        assert int(suites.attrib["tests"]) == len(cases) > 0
        for kind, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suites.attrib[plural]) == len(suites.findall(f"./testsuite/testcase/{kind}"))
        assert {element.tag for element in suites.iter()} <= {
            "testsuites", "testsuite", "testcase", "failure", "error", "skipped",
        }  # fmt: skip


def test_junit_never_calls_the_undecided_passed(published: Path) -> None:
    cases = {
        case.attrib["name"]: case for case in root(published / "nodialect" / "junit.xml").iter("testcase")
    }
    skipped = cases["cancel-one"].find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"].startswith("undecided: The exchange has no dialect")
    assert cases["builds"].find("skipped") is None


def test_junit_tells_a_failure_with_its_evidence(published: Path) -> None:
    cases = {
        case.attrib["name"]: case
        for case in root(published / "binance-hurried" / "junit.xml").iter("testcase")
    }
    failure = cases["every-fill-reported-once"].find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "blocker"
    assert "[said by the fork] OrderFilled" in (failure.text or "")


def test_sarif_points_at_lines(published: Path) -> None:
    (run,) = json.loads((published / "binance-hurried" / "report.sarif").read_text())["runs"]
    results = {result["ruleId"]: result for result in run["results"]}
    fill = results["every-fill-reported-once"]
    (place,) = [item["physicalLocation"] for item in fill["locations"]]
    assert (fill["kind"], fill["level"]) == ("fail", "error")
    assert place["artifactLocation"]["uri"].endswith("binance_exchange.py")
    assert place["region"] == {"startLine": 412}
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_leaves_the_undecided_open(published: Path) -> None:
    (run,) = json.loads((published / "nodialect" / "report.sarif").read_text())["runs"]
    assert {(result["kind"], result["level"]) for result in run["results"]} == {("open", "none")}


def test_sarif_messages_hold_no_links_and_paths_stay_paths(published: Path) -> None:
    (run,) = json.loads((published / "hostile" / "report.sarif").read_text())["runs"]
    text = json.dumps(run["results"])
    assert "[click](" not in text
    for result in run["results"]:
        for location in result["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert ":" not in uri
            assert unquote(uri) in {word[:200] for word in HOSTILE}


def test_badges_are_text_only(published: Path) -> None:
    for path in published.glob("*/badge.svg"):
        svg = root(path)
        tags = {element.tag.rsplit("}")[-1] for element in svg.iter()}
        assert tags == {"svg", "title", "clipPath", "rect", "g", "text"}
    assert "eligible · 100 (24/24)" in (published / "late" / "badge.svg").read_text(encoding="utf-8")
    assert "undetermined, no score" in (published / "silent" / "badge.svg").read_text(encoding="utf-8")
