"""Laying what a recording confirmed and contradicted over a description: pure, in plain data."""

from __future__ import annotations

import copy

from pydantic import Field, JsonValue

from harness.venue.described.addresses import Address, bare, covering, parsed
from harness.venue.described.model import Part

SOURCE = "recording"
SIGNING = "signing"


class Contradicted(Part):
    """What the description has where a recording says something else."""

    description: JsonValue
    recording: tuple[str, ...]


class Recorded(Part):
    """`<exchange>.recorded.yml`: what a recording said of the description, by address.

    `confirmed` and `signing` hold what was confirmed; where the description says something else by now, they
    confirm nothing.
    """

    recording: str = Field(description="of what and when")
    confirmed: dict[str, JsonValue] = Field(default={})
    signing: JsonValue = Field(default=None, description="as the exchange took signatures made")
    contradicted: dict[str, Contradicted] = Field(default={})


def laid_over(data: JsonValue, recorded: Recorded) -> JsonValue:
    """`data` with the source `recording` for each leaf that still is what was confirmed, and with what the
    recording contradicts. What has changed since is left as it was known."""
    changed = copy.deepcopy(data)
    if not isinstance(changed, dict):
        return changed
    known = changed.setdefault("known", {})
    if not isinstance(known, dict):
        return changed
    table: dict[Address, JsonValue] = {parsed(at): sources for at, sources in known.items()}
    confirmed = dict(recorded.confirmed)
    if recorded.signing is not None and changed.get(SIGNING) == recorded.signing:
        confirmed[SIGNING] = recorded.signing
    for at, leaf in confirmed.items():
        if _at(changed, parsed(at)) == leaf:
            known[at] = [*_sources(parsed(at), table), SOURCE]
    told: list[JsonValue] = [
        {"at": at, "says": {"description": each.description, SOURCE: "; ".join(each.recording)}}
        for at, each in recorded.contradicted.items()
        if _at(changed, parsed(at)) == each.description
    ]
    before = changed.get("contradictions")
    if told:
        changed["contradictions"] = [*(before if isinstance(before, list) else []), *told]
    return changed


def _sources(address: Address, table: dict[Address, JsonValue]) -> list[JsonValue]:
    """What it was known from until now."""
    found = covering(address, table)
    sources = None if found is None else table[found]
    return [each for each in sources if each != SOURCE] if isinstance(sources, list) else []


def _at(data: JsonValue, address: Address) -> JsonValue:
    for key in address:
        if isinstance(data, dict):
            named = next((each for each in data if bare(each) == bare(key)), None)
            data = None if named is None else data[named]
        elif isinstance(data, list) and key.isdigit() and int(key) < len(data):
            data = data[int(key)]
        else:
            return None
    return data
