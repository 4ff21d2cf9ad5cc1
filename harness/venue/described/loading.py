"""Reading a description and the review that lies over it; every mistake names the file and the address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, JsonValue, ValidationError

from harness.errors import UserError
from harness.venue.described.addresses import covering, leaves, parsed, written
from harness.venue.described.facts import COLLECTIONS, ECHO, FACTS, known_fact
from harness.venue.described.model import Description, Signing, TypedData
from harness.venue.described.packing import PLAIN
from harness.venue.described.placeholders import EACH, IF, LIKE, known_filter, leaf, texts
from harness.venue.described.recorded import Recorded, laid_over
from harness.venue.described.review import reviewed
from harness.venue.described.review_model import Review
from harness.venue.described.schemes import PLUGINS
from harness.venue.dialects.routing import OPERATIONS
from harness.venue.model import Refusal
from harness.venue.operations.refusals import RequestError

SHIPPED = Path(__file__).resolve().parent / "exchanges"
LARGEST = 1 << 20  # bytes of a file
# Keys whose values are facts about us, not about the exchange.
OWN_KEYS = frozenset(
    {
        "exchange",
        "like",
        "framework",
        "kind",
        "ccxt",
        "ccxt_options",
        "derived",
        "known",
        "contradictions",
        "lacks",
    }
)
WORDS_OF_ERRORS = frozenset(each.value for kinds in (RequestError, Refusal) for each in kinds)
Model = TypeVar("Model", bound=BaseModel)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML 1.2's core types: `on`, `no` and dates are text, and every key is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if not tag.endswith((":bool", ":timestamp"))]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))


def load(path: Path) -> Description:
    """The description with its review, and what recordings said, laid over it; raises UserError."""
    data = _whole(path)
    review = review_of(path)
    if review.exists():
        data = reviewed(data, _checked(Review, {"corrections": raw(review)}, review).corrections, review)
    if (known := recorded(path)) is not None:
        data = laid_over(data, known)
    return checked(data, path)


def _whole(path: Path) -> JsonValue:
    """The file's own keys, laid over those of the description that it is `like`."""
    data = raw(path)
    if not isinstance(data, dict) or not isinstance(data.get("like"), str):
        return data
    name = str(data["like"])
    if not re.fullmatch(r"[a-z0-9_]+", name) or name == path.stem:
        raise UserError(
            f"like: {name!r} is not another description",
            where=str(path),
            hint="give the name of one in the same folder",
        )
    base = _whole(path.with_name(f"{name}.yml"))
    return _laid_over(base if isinstance(base, dict) else {}, data)


def _laid_over(base: dict[str, JsonValue], own: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Objects key by key, anything else as a whole; what is null is taken out."""
    told = {key: value for key, value in base.items() if key not in own}
    for key, value in own.items():
        under = base.get(key)
        if value is not None:
            both = isinstance(value, dict) and isinstance(under, dict)
            told[key] = _laid_over(under, value) if both else value  # type: ignore[arg-type]
    return told


def review_of(path: Path) -> Path:
    """Where the corrections of a description stand."""
    return path.with_name(f"{path.stem}.review.yml")


def recorded_of(path: Path) -> Path:
    """Where that stands which recordings said of a description."""
    return path.with_name(f"{path.stem}.recorded.yml")


def recorded(path: Path) -> Recorded | None:
    """What recordings said of the description at `path`; None where there is none. Raises UserError."""
    file = recorded_of(path)
    return _checked(Recorded, raw(file), file) if file.exists() else None


def hosts_reviewed(review: Path) -> tuple[str, ...]:
    """The hosts that a person names in a review (`{at: hosts, is: …}`); none where there is no such line.

    Raises UserError where the review cannot be read.
    """
    if not review.exists():
        return ()
    corrections = _checked(Review, {"corrections": raw(review)}, review).corrections
    named = [each.is_ for each in corrections if each.at == "hosts" and isinstance(each.is_, dict)]
    lists = [value for each in named for value in each.values() if isinstance(value, list)]
    return tuple(dict.fromkeys(host for hosts in lists for host in hosts if isinstance(host, str)))


def raw(path: Path) -> JsonValue:
    """A YAML file as JSON; raises UserError."""
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(
                f"larger than {LARGEST} bytes",
                where=str(path),
                hint="a description takes a few pages: remove everything else",
            )
        read = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - safe types only
    except OSError as error:
        hint = "name a description's file, e.g. descriptions/NAME.yml"
        raise UserError(f"cannot be read: {error.strerror}", where=str(path), hint=hint) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(
            f"cannot be read: {error}", where=str(path), hint="write it as YAML, in UTF-8"
        ) from error
    return _json(read)


def _json(value: Any) -> JsonValue:
    if isinstance(value, dict):
        return {_key(key): _json(item) for key, item in value.items()}
    return [_json(item) for item in value] if isinstance(value, list) else value


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def checked(data: JsonValue, path: Path) -> Description:
    """The description that `data` is; raises UserError with everything that is wrong."""
    description = _checked(Description, data, path)
    wrong = [
        *_unsourced(data),
        *_unknown_words(description),
        *_unknown_schemes(description),
        *_unknown_packets(description),
        *_unknown_templates(description),
    ]
    if wrong:
        raise UserError("; ".join(wrong[:10]), where=str(path), hint="docs/descriptions.md has the format")
    return description


def _checked(model: type[Model], data: JsonValue, path: Path) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        told = [f"{written(tuple(map(str, each['loc'])))}: {each['msg']}" for each in error.errors()[:10]]
        raise UserError(
            "; ".join(told), where=str(path), hint="docs/descriptions.md has the format"
        ) from error


def _unsourced(data: JsonValue) -> Iterator[str]:
    """Leaves that nothing in `known` covers, and addresses in it that nothing lies at."""
    if not isinstance(data, dict):
        return
    said = data.get("known")
    table = {parsed(at): at for at in said} if isinstance(said, dict) else {}
    used = set()
    for address, _ in leaves({key: value for key, value in data.items() if key not in OWN_KEYS}):
        found = covering(address, table)
        if found is None:
            yield f"{written(address)}: nothing in `known` says where it is known from"
        used |= {address[:length] for length in range(len(address) + 1)}
    for address, text in table.items():
        if address not in used:
            yield f"known / {text}: nothing is at this address"


def _unknown_words(description: Description) -> Iterator[str]:
    for name, route in description.routes.items():
        for fact in route.means:
            if not known_fact(fact):
                yield f"routes / {name} / means: {fact!r} is no fact"
        if route.operation not in OPERATIONS:
            yield f"routes / {name} / operation: {route.operation!r} is no standard operation"
    for name, connection in description.connections.items():
        for channel, told in connection.channels.items():
            if told.operation not in OPERATIONS:
                yield f"connections / {name} / channels / {channel}: {told.operation!r} is no operation"
    for code in description.refusals.words:
        if code not in WORDS_OF_ERRORS:
            yield f"refusals / words / {code}: known are {', '.join(sorted(WORDS_OF_ERRORS))}"


def _unknown_packets(description: Description) -> Iterator[str]:
    known = {*description.packets, *PLAIN}
    for name, connection in description.connections.items():
        if connection.packed == "protobuf" and connection.packet not in description.packets:
            yield f"connections / {name} / packet: there is no packet {connection.packet!r}"
    for name, fields in description.packets.items():
        for field, described in fields.items():
            number, _, kind = described.partition(" ")
            if not number.isdigit() or kind not in known:
                kinds = ", ".join(sorted(known))
                yield f"packets / {name} / {field}: {described!r} is no number and one of {kinds}"


def _unknown_schemes(description: Description) -> Iterator[str]:
    for where, signing in _signings(description):
        if signing.scheme == "plugin" and signing.plugin not in PLUGINS:
            yield f"{where} / plugin: there is no plug-in {signing.plugin!r}"
        if (signing.scheme == "eip712") is not (signing.typed is not None):
            yield f"{where} / typed: it belongs to the scheme eip712, which needs it"
        elif signing.typed is not None:
            yield from (f"{where} / typed: {wrong}" for wrong in _wrong_types(signing.typed))


def _wrong_types(typed: TypedData) -> Iterator[str]:
    if typed.primary not in typed.types:
        yield f"there is no type {typed.primary!r}"
        return
    names = typed.message.keys() if isinstance(typed.message, dict) else set()
    for name in sorted(typed.types[typed.primary].keys() ^ names):
        yield f"{name!r} is either no field of {typed.primary!r} or not in its message"


def _signings(description: Description) -> Iterator[tuple[str, Signing]]:
    if description.signing is not None:
        yield "signing", description.signing
    for name, route in description.routes.items():
        for kind in ("signing", "also_signed"):
            if (own := getattr(route, kind)) is not None:
                yield f"routes / {name} / {kind}", own
    for name, connection in description.connections.items():
        if connection.login is not None and connection.login.signing is not None:
            yield f"connections / {name} / login / signing", connection.login.signing


def _unknown_templates(description: Description) -> Iterator[str]:
    """Facts, filters, collections and shapes in templates that do not exist."""
    lists = frozenset(description.words)
    parts = description.model_dump(include={"routes", "connections", "shapes", "refusals", "symbol"})
    for address, key, value in _entries(parts):
        found = EACH.fullmatch(key)
        if found and found["what"] not in (*COLLECTIONS, "topic"):
            yield f"{address}: {found['what']!r} is none of {', '.join(COLLECTIONS)}"
        if key == LIKE and value not in description.shapes:
            yield f"{address}: there is no shape {value!r}"
        if key == IF:
            yield from _unknown_condition(address, value, lists)
        for text in (key, *(texts(value) if isinstance(value, str) else ())):
            yield from _unknown_holes(address, text, lists)


def _unknown_condition(address: str, value: JsonValue, lists: frozenset[str]) -> Iterator[str]:
    name, listed, words = value.partition("|") if isinstance(value, str) else ("", "", "")
    known = (words in lists and name in FACTS) if listed else known_fact(name)
    if not known:
        yield f"{address}: {value!r} is no fact, nor an object and a list of words"


def _entries(value: Any, at: str = "") -> Iterator[tuple[str, str, JsonValue]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        here = f"{at} / {key}" if at else str(key)
        yield here, str(key), item
        yield from _entries(item, here)


def _unknown_holes(address: str, text: str, lists: frozenset[str]) -> Iterator[str]:
    for hole in leaf(text).holes:
        named = any(name in lists for name in hole.filters)
        ours = hole.thing in FACTS or hole.thing == ECHO
        if ours and not (known_fact(hole.name) or (named and hole.name in FACTS)):
            choice = ", ".join(sorted(FACTS[hole.thing]))
            yield f"{address}: {hole.name!r} is no fact; of {hole.thing}: {choice}"
        for name in hole.filters:
            if hole.thing in FACTS and not known_filter(name, lists):
                yield f"{address}: {name!r} is neither a filter nor a list of words"
