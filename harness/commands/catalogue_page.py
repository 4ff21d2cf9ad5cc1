"""The catalogue for people: `docs/requirements.md`, and what `harness requirements` shows.

Which checks verify a requirement is read from their source text, so that listing them runs none.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from harness.checking import MARK
from harness.errors import UserError
from harness.outcome import Lifecycle, Severity
from harness.reporting.wording import IMPACTS
from harness.requirement import RECORDS, Catalogue, Requirement, Rests, RestsOn, Source

CHECKS = RECORDS.parent
COLOURS = {Severity.BLOCKER: "red", Severity.MAJOR: "yellow", Severity.MINOR: "cyan"}

RESTS = {
    Rests.OBSERVED: "seen by us",
    Rests.COMPARED: "what the connector says, compared with what we saw",
    Rests.CLAIMED: "what the connector's own process says",
}
NO_WAIVER = "It cannot be waived."

HEAD = """\
# Connector requirements

Made by `harness generate` from `checks/requirements/*.yml`; do not edit it by hand. A *blocker* that fails
makes a submission ineligible; *major* and *minor* findings cost points. An *experimental* requirement is
new: its findings are shown but not counted. A *deprecated* one still counts and will be removed from a later
catalogue. `harness requirements ID` explains one in the terminal, with the source of its checks.

"""


@dataclass(frozen=True)
class Check:
    """A check as its source says. `path` begins with `checks/`; `title` is its docstring's first line."""

    requirements: tuple[str, ...]
    path: str
    line: int
    name: str
    title: str
    source: str

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


def checks_in(folder: Path = CHECKS) -> tuple[Check, ...]:
    """Every marked check in `test_*.py` below `folder`."""
    return tuple(check for path in sorted(folder.rglob("test_*.py")) for check in _checks_of(path, folder))


def _checks_of(path: Path, folder: Path) -> Iterator[Check]:
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        slugs = tuple(slug for decorator in node.decorator_list for slug in _slugs(decorator))
        if slugs:
            title = (ast.get_docstring(node) or "").split("\n")[0]
            first = min(node.lineno, *(item.lineno for item in node.decorator_list))
            source = "\n".join(text.split("\n")[first - 1 : node.end_lineno])
            place = path.relative_to(folder.parent).as_posix()
            yield Check(slugs, place, node.lineno, node.name, title, source)


def _slugs(decorator: ast.expr) -> Iterator[str]:
    if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == MARK:
        yield from (str(item.value) for item in decorator.args if isinstance(item, ast.Constant))


def verifying(requirement: Requirement, checks: Iterable[Check]) -> tuple[Check, ...]:
    return tuple(check for check in checks if requirement.id in check.requirements)


def page(catalogue: Catalogue, checks: Sequence[Check] | None = None) -> str:
    """`docs/requirements.md`: a table a subject, then every requirement explained."""
    found = checks_in() if checks is None else checks
    subjects = [(name, tuple(items)) for name, items in groupby(catalogue, key=lambda item: item.subject)]
    automated = sum(bool(verifying(item, found)) for item in catalogue)
    counts = f"{len(catalogue.requirements)} requirements, {automated} of them verified by a program.\n\n"
    tables = "\n".join(_table(name, items, found) for name, items in subjects)
    details = "\n".join(explain(item, verifying(item, found)) for item in catalogue)
    return f"{HEAD}{counts}{tables}\n{details}"


def _table(subject: str, items: Iterable[Requirement], checks: Sequence[Check]) -> str:
    rows = [f"## {_title(subject)}\n", "| requirement | severity | id | verified by |", "|---|---|---|---|"]
    for item in items:
        by = "<br>".join(f"`{check.name}`" for check in verifying(item, checks)) or _nobody(item)
        rows.append(f"| {_cell(item.title)} | {_weight(item)} | [`{item.id}`](#{item.id}) | {by} |")
    return "\n".join(rows) + "\n"


def _weight(item: Requirement) -> str:
    """`major`, `major, experimental`."""
    return item.severity if item.lifecycle is Lifecycle.STABLE else f"{item.severity}, {item.lifecycle}"


def _nobody(item: Requirement) -> str:
    return "no check yet" if item.automated else "a person"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _title(subject: str) -> str:
    return subject.replace("-", " ").capitalize()


def explain(requirement: Requirement, checks: Sequence[Check]) -> str:
    """One requirement in Markdown."""
    parts = [
        f"### {requirement.id}\n",
        f"**{requirement.title}** · {_weight(requirement)} · {', '.join(requirement.profiles)} · "
        f"if not met: {IMPACTS[requirement.impact]}\n",
        f"{requirement.why}\n",
        f"*What to do:* {requirement.fix}\n",
    ]
    if requirement.earlier_fix:
        parts.append(f"*In connectors of 2020 to mid 2022:* {requirement.earlier_fix}\n")
    if not requirement.waivable:
        parts.append(f"{NO_WAIVER}\n")
    if requirement.conflicts:
        parts.append("Where the documents disagree:\n")
        parts.append("\n".join(f"- {conflict}" for conflict in requirement.conflicts) + "\n")
    if requirement.leans_on:
        facts = ", ".join(f"`{fact}`" for fact in requirement.leans_on)
        parts.append(f"Decided only if these facts of the exchange are confirmed: {facts}\n")
    if requirement.rests_on:
        parts.append(f"A pass rests on {_rests(requirement.rests_on)}\n")
    if requirement.specimens:
        parts.append(f"{_found(requirement.specimens)}\n")
    parts.append("Sources: " + "; ".join(_cited(source) for source in requirement.sources) + "\n")
    if checks:
        parts.append("\n".join(f"- `{check.name}` ({check.path}): {check.title}" for check in checks) + "\n")
    elif not requirement.automated:
        parts.append(
            "A maintainer decides this, not a program; the decision goes under `reviewed:` of the row.\n"
        )
    return "\n".join(parts)


def _rests(rests_on: RestsOn) -> str:
    return f"{RESTS[rests_on.kind]}: {rests_on.what}."


def _found(specimens: Sequence[str]) -> str:
    return "Bad specimens that fail it: " + "; ".join(specimens) + "."


def _cited(source: Source) -> str:
    lines = f", lines {source.lines.replace('-', '–')}" if source.lines else ""
    return f"{source.doc} ({source.at}{lines})"


def list_in_terminal() -> RenderableType:
    """Every requirement by subject, for a terminal."""
    checks = checks_in()
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for subject, items in groupby(Catalogue.load(), key=lambda item: item.subject):
        table.add_row(Text(_title(subject), style="bold"))
        for item in items:
            notes = [] if item.lifecycle is Lifecycle.STABLE else [item.lifecycle.value]
            if not verifying(item, checks):
                notes.append("no check yet" if item.automated else "decided by a person")
            title = f"{item.title} ({', '.join(notes)})" if notes else item.title
            table.add_row(
                f"  {item.id}", Text(item.severity.value, style=COLOURS[item.severity]), Text(title)
            )
    return table


def explain_in_terminal(requirement_id: str) -> RenderableType:
    """One requirement with its checks' source; raises UserError for an id that the catalogue lacks."""
    catalogue = Catalogue.load()
    if requirement_id not in catalogue.by_id:
        raise _unknown(requirement_id, catalogue)
    item = catalogue[requirement_id]
    head = Text.assemble(
        (item.title, "bold"),
        "\n",
        (_weight(item), COLOURS[item.severity]),
        f" · {item.subject} · {', '.join(item.profiles)}\nif not met: {IMPACTS[item.impact]}",
    )
    parts: list[RenderableType] = [head, "", Text(item.why), "", _labelled("What to do", item.fix)]
    if item.earlier_fix:
        parts += ["", _labelled("In connectors of 2020 to mid 2022", item.earlier_fix)]
    if not item.waivable:
        parts += ["", Text(NO_WAIVER)]
    for conflict in item.conflicts:
        parts += ["", _labelled("Documents disagree", conflict)]
    if item.rests_on:
        parts += ["", _labelled("A pass rests on", _rests(item.rests_on))]
    if item.specimens:
        parts += ["", _labelled("Bad specimens that fail it", "; ".join(item.specimens))]
    parts += ["", _labelled("Sources", "\n".join(f"  {_cited(source)}" for source in item.sources))]
    checks = verifying(item, checks_in())
    if not checks:
        parts += ["", Text(f"Verified by {_nobody(item)}.")]
    for check in checks:
        parts += ["", Text.assemble((check.place, "bold"), f"\n{check.title}")]
        parts.append(Padding(Syntax(check.source, "python", theme="ansi_dark", word_wrap=True), (0, 2)))
    return Group(*parts)


def _labelled(label: str, text: str) -> Text:
    return Text.assemble((f"{label}: ", "bold"), "\n" if text.startswith("  ") else "", text)


def _unknown(requirement_id: str, catalogue: Catalogue) -> UserError:
    near = difflib.get_close_matches(requirement_id, catalogue.by_id, n=1)
    hint = f"did you mean {near[0]}?" if near else "`harness requirements` lists them all"
    return UserError(f"no requirement {requirement_id!r}", hint=hint)
