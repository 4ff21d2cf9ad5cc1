"""The libraries that the submission adds to Hummingbot's own lists."""

from __future__ import annotations

import re

from checks.static.advisories import Advisories, Advisory, NoAnswerError
from checks.static.libraries import Listed, listed_in, lists_in
from checks.static.sources import Sources
from checks.static.wording import counted
from harness.checking import (
    Attach,
    expect,
    measured,
    not_applicable,
    requirement,
    seen_in_file,
    undetermined,
)
from harness.outcome import Evidence
from harness.rounds.round import Round

RELEASE = re.compile(r"===?\s*([0-9][A-Za-z0-9.!+_-]*)(?![A-Za-z0-9.!+_*-])")  # `==1.12.*` is none


@requirement("known-vulnerable-dependencies")
def test_no_known_vulnerabilities(
    sources: Sources, advisories: Advisories, round_: Round, evidence: Attach
) -> None:
    """The releases of the added libraries (the newest if none is named) have no known vulnerabilities."""
    wrong: dict[tuple[str, Advisory], Evidence] = {}
    unanswered: list[str] = []
    added = _added(sources)
    for path, entry in added:
        pinned = RELEASE.search(entry.text)
        try:
            found = advisories(entry.name, pinned[1] if pinned else None)
        except NoAnswerError as error:
            unanswered.append(str(error))
            continue
        for each in found:
            seen = seen_in_file(path, entry.line, _told(entry, each))
            if each.year is not None and each.year > round_.submissions_close.year:
                evidence(seen.model_copy(update={"text": f"{seen.text}; not known before {each.year}"}))
            else:
                wrong.setdefault((entry.name, each), seen)
    if not wrong and unanswered:
        undetermined(
            f"Vulnerabilities of {len(unanswered)} of the libraries could not be looked up: {unanswered[0]}"
        )
    evidence(measured(f"{len(added)} added libraries looked up at the package index", libraries=len(added)))
    expect(
        not wrong,
        f"{counted(len(wrong), 'known vulnerability', 'known vulnerabilities')} in libraries that it adds.",
        *wrong.values(),
    )


def _told(entry: Listed, advisory: Advisory) -> str:
    mended = f"; fixed in {', '.join(advisory.fixed_in)}" if advisory.fixed_in else ""
    return f"{entry.text}: {advisory.name} {advisory.summary}{mended}"


def _added(sources: Sources) -> list[tuple[str, Listed]]:
    """New lines of the lists, by the list's path; not applicable where there are none."""
    added = [
        (path, entry)
        for path in lists_in(sources.paths)
        if path in sources.changed
        for entry in listed_in(path, sources[path].text)
        if entry.line in sources[path].added
    ]
    if not added:
        not_applicable("It adds no library.")
    return added
