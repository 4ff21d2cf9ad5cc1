"""`docs/behaviours.md`: what exchanges do, who plays it, and what judges it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.behaviour import Behaviour, Behaviours, Group

HEAD = """\
# What exchanges do

Made by `harness generate` from `checks/behaviours.yml`; do not edit it by hand. Each line is something that
an exchange does and a connector has to handle, with the place where it is documented or was reported. A
*scenario* plays it, a *requirement* judges how the connector handled it, and *planted defects* of the zoo
show that mistakes are found ([accuracy](accuracy.md)).

"""
TITLES = {
    Group.ENDS: "Ends of an order",
    Group.FEES: "Fees",
    Group.MARKETS: "Markets",
    Group.BALANCES: "Balances",
    Group.NUMBERS: "Ids and numbers",
    Group.ERRORS: "Errors",
    Group.STREAMS: "Streams",
    Group.TIME: "Time",
    Group.ACCOUNT: "Account",
    Group.PERPETUALS: "Perpetuals",
}


def page(catalogue: Behaviours) -> str:
    """Markdown: a table a group, then what nobody plays, with the reason."""
    return HEAD + "\n".join(_lines(catalogue)) + "\n"


def _lines(catalogue: Behaviours) -> Iterator[str]:
    everything, played = len(catalogue.behaviours), len(catalogue.played)
    proved = sum(bool(each.planted) for each in catalogue.played)
    yield f"{everything} behaviours; {played} are played, {proved} of these proved by planted defects."
    for group in Group:
        members = catalogue.of(group)
        if not members:
            continue
        yield f"\n## {TITLES[group]}\n"
        yield "| the exchange | where it shows | played by | scenario | requirement | planted defects |"
        yield "|---|---|---|---|---|---|"
        yield from (_row(each) for each in members if each.played)
        yield from _unplayed(each for each in members if not each.played)


def _row(each: Behaviour) -> str:
    cells = (
        f"{each.does} ({_links(each)})",
        ", ".join(each.at),
        ", ".join(each.by),
        _code(each.scenarios),
        ", ".join(f"[`{slug}`](requirements.md#{slug})" for slug in each.requirements),
        _code(each.planted) or "none",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _unplayed(behaviours: Iterable[Behaviour]) -> Iterator[str]:
    lines = [f"- {each.does} ({_links(each)}): {each.unplayed}" for each in behaviours]
    if lines:
        yield "\nNot played:\n"
        yield from lines


def _links(each: Behaviour) -> str:
    return ", ".join(f"[source]({address})" for address in each.sources)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
