"""What somebody can do with a candidate, as commands to be copied from its page. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from harness.reporting.model import CandidateReport, Finding
from harness.rounds.round import OWN_CHECK
from harness.rounds.upstream import DEFAULT, in_one_word


def check_again(report: CandidateReport, finding: Finding | None = None) -> str | None:
    """How a developer sees all checks again, or that of one finding; None where no check found it.

    It names what `harness check` would choose otherwise: the upstream, and which connector of several.
    """
    said = ["harness", "check", "."]
    if len(report.submission.added or ()) != 1:
        said += ["--connector", report.candidate.connectors[0]]
    if report.upstream not in (None, in_one_word(DEFAULT)):
        said += ["--upstream", report.upstream]
    if finding is not None:
        name = finding.check.rsplit("::", 1)[-1].split("[")[0]
        if not re.fullmatch(r"test_\w{1,120}", name, re.ASCII):
            return None
        said += ["-k", name]
    return shlex.join([*said, *_seed(report)])


def for_candidate(report: CandidateReport) -> Sequence[tuple[str, str]]:
    """What each is for, and the command."""
    commit, row = report.submission.commit, report.candidate
    at = f" (at commit {commit[:12]})" if commit else ""
    again = (f"The same checks in a checkout of the fork{at}", check_again(report) or "")
    if report.round == OWN_CHECK:
        return [again]
    folder = f"reports/{report.round}/{row.name}"
    risk = "Build a Hummingbot with it that trades on the real exchange, with real money"
    commands = [
        (risk, f"harness image {folder}"),
        (
            "Screen it again, in the folder of candidates.yml",
            shlex.join(["harness", "run", "--only", row.name, "--again", *_seed(report)]),
        ),
        again,
    ]
    if row.exchange.dialect:
        watch = "Watch it make markets on a simulated exchange, in the sandbox: nothing real is traded"
        commands.insert(0, (watch, f"harness try {folder}"))
    return commands if commit else commands[-2:]


def _seed(report: CandidateReport) -> list[str]:
    seed = report.environment.seed
    return [] if seed is None else ["--seed", str(seed)]
