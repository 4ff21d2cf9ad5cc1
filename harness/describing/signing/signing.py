"""A scheme that was found, and the credentials, in the words of a description. Pure."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from pydantic import JsonValue

from harness.credentials.matching import options, usual_option
from harness.credentials.meanings import Meaning, meaning_of_name
from harness.credentials.shapes import Shape, shape_of
from harness.describing.documents.asked import Asked
from harness.describing.documents.said import Place, Said
from harness.describing.documents.sentinels import SESSION
from harness.describing.documents.templates import time_form
from harness.describing.signing.signatures import Explanation, Scheme
from harness.describing.source_code.operation_words import named_so
from harness.venue.described.placeholders import AS_JSON

# What a description calls a shape, where it has a word of its own.
_FORMS = {
    Shape.BASE64_32: "base64",
    Shape.HEX_32: "hex",
    Shape.PEM_ED25519: "pem",
    Shape.TOKEN: "text",
}
# Parts of the menu's texts, as a description writes them.
_PARTS = {
    "{target}": "{path}{query|question}",
    "{sorted}": "{sorted_query}",
    "{encoded}": "{sorted_query}",
    "{decoded}": "{query}",
    "{named}": "{params}",
    "{sha512_body}": "{body|sha512|hex}",
    "{path}{sha256_nonce_body}": "{path}{nonce+body|sha256}",
}
# What a description has no word for.
_UNSAID = ("{nonce+body|sha256}", "{other}")
_LONGEST_LITERAL = 20
_OF_STREAMS = ("user_stream_open", "stream_token")
_KNOWN = ("key", "signature", "time", "nonce", "passphrase", "window", "payload")


def signing_of(
    asked: Asked, found: Explanation, places: Collection[Place] | None = None
) -> dict[str, JsonValue]:
    """How requests are signed, those to `places` alone where some are given.

    Unverified where that was not found or cannot be said; {} where none is.
    """
    sent = [each for each in asked.sent if places is None or each.at in places]
    sessions = session_places(asked.sent)
    for said in sent:
        if place := session_place(said, sessions):
            return _in_session(said.values[place], place, sessions)
    for said in sent:
        for scheme in found.schemes:
            if scheme.signs(said, asked.credentials):
                return _anywhere(_told(scheme, said, asked.credentials), asked)
    place = _key_place(asked, sent)
    secret = _secret_place(asked, sent)
    if place and secret:
        return {"scheme": "token", "carries": {"key": place, "signature": secret}}
    return {"scheme": "unverified", "carries": {"key": place}} if place else {}


def session_places(sent: Iterable[Said]) -> tuple[str, ...]:
    """Where requests carry the key of a session, headers first.

    What a stream of the account's is opened and kept open with is no session: its key stands in the query or
    the body of requests for that stream alone.
    """
    held = [
        place
        for said in sent
        for place, value in said.values.items()
        if SESSION["session.key"] in value
        and (place.startswith("header ") or not (said.opens_a_socket or named_so(said.path) in _OF_STREAMS))
    ]
    return tuple(sorted(dict.fromkeys(held), key=lambda place: not place.startswith("header ")))


def session_place(said: Said, places: Iterable[str]) -> str:
    """The one of these places at which a request holds the key of a session, empty where none does."""
    return next((each for each in places if SESSION["session.key"] in said.values.get(each, "")), "")


def _in_session(value: str, place: str, places: Collection[str]) -> dict[str, JsonValue]:
    before = value.partition(SESSION["session.key"])[0]
    name = place.partition(" ")[2]
    if {f"query {name}", f"body {name}"} <= {*places}:
        place = f"param {name}"
    told: dict[str, JsonValue] = {"scheme": "session", "carries": {"signature": place}}
    return {**told, "prefix": {"signature": before}} if before else told


def login_signing(asked: Asked, found: Explanation, frame: Said) -> dict[str, JsonValue]:
    """How a message that logs in is signed; unverified where that was not found."""
    for scheme in found.schemes:
        if scheme.place in frame.values and scheme.signs(frame, asked.credentials):
            made = _told(scheme, frame, asked.credentials)
            text = re.sub(r"\{body ([^{}|]+)", lambda each: f"{{said.{_dotted(each[1])}", str(made["text"]))
            kind, _, nonce = scheme.parts.get("nonce", "").partition(" ")
            text = text.replace("{nonce}", f"{{said.{_dotted(nonce)}}}") if kind == "body" else text
            told = {name: value for name, value in made.items() if name not in ("carries", "prefix")}
            return {**told, "text": text}
    return {"scheme": "unverified"}


def _dotted(path: str) -> str:
    """`args[0].o.$json.key` → `args.0.o.key`: what a text of JSON says is found in it."""
    return re.sub(r"\[(\d+)\]", r".\1", path).replace(f".{AS_JSON}", "")


def _told(scheme: Scheme, said: Said, credentials: Mapping[str, str]) -> dict[str, JsonValue]:
    text, carries, prefix = _parts_of(scheme, said, credentials)
    made: dict[str, JsonValue] = {"scheme": "unverified", "text": text, "carries": carries}
    if not any(each in text for each in _UNSAID):
        *kind, digest = scheme.algorithm.split()
        made["scheme"] = "ed25519" if digest == "ed25519" else kind[0] if kind else "hmac"
        if kind:
            made["padding"] = kind[1]
        if digest in ("sha256", "sha384", "sha512"):
            made["digest"] = digest
        decode = "raw" if scheme.form == "pem" else scheme.form
        made |= {"written": scheme.encoding.removesuffix("url"), "decode": decode}
        if unit := time_form(said.values.get(scheme.parts.get("time", ""), "")):
            made["time"] = {"s.ms": "any s"}.get(unit.split("|")[1], unit.split("|")[1])
    return {**made, **({"prefix": prefix} if prefix else {})}


def _anywhere(made: dict[str, JsonValue], asked: Asked) -> dict[str, JsonValue]:
    """Parts that stand in the query of some requests and in the form of others are parameters of either."""
    carries = made.get("carries")
    if not isinstance(carries, dict):
        return made
    seen = {place for said in asked.sent for place in said.values}
    told: dict[str, JsonValue] = {}
    for part, place in carries.items():
        kind, _, name = str(place).partition(" ")
        both = {f"query {name}", f"body {name}"} <= seen and kind in ("query", "body")
        forms = all(
            not each.body.lstrip().startswith("{") for each in asked.sent if f"body {name}" in each.values
        )
        told[part] = f"param {name}" if (both or kind == "body") and forms else place
    return {**made, "carries": told}


def _parts_of(
    scheme: Scheme, said: Said, credentials: Mapping[str, str]
) -> tuple[str, dict[str, JsonValue], dict[str, JsonValue]]:
    """The text in a description's words, where each part stands, and what stands before it."""
    carries: dict[str, JsonValue] = {"signature": scheme.place}
    prefix: dict[str, JsonValue] = {}
    text = scheme.text
    for ours, theirs in _PARTS.items():
        text = text.replace(ours, theirs)
    for role, place in scheme.parts.items():
        named = place.removeprefix("credential ")
        value = credentials.get(named, "") if named != place else said.values.get(place, "")
        name = role
        if role == "other":
            secret = next((key for key, held in credentials.items() if held == value), "")
            literal = value if len(value) <= _LONGEST_LITERAL else "{other}"  # longer ones are made anew
            payload = _is_payload(place, value, said)
            of_body = "{body|base64}" if _decoded(value) == said.body != "" else literal
            written = "{passphrase}" if secret else "{payload}" if payload else of_body
            text = text.replace("{other}", written)
            name = "passphrase" if secret else "payload" if payload else ""
        if role == "key" and (before := _before_key(value, credentials)):
            text = text.replace("{key}", f"{before}{{key}}")
            prefix["key"] = before
        if name in _KNOWN and not place.startswith("credential "):
            carries[name] = place
    key = _place_of_key(said, credentials, scheme)
    return text, {**({"key": key} if key else {}), **carries}, prefix


def _is_payload(place: str, value: str, said: Said) -> bool:
    """Whether that place holds the request's parameters in base64, or another value of it, as its nonce."""
    if said.payload is not None and place == said.payload.place:
        return True
    return _decoded(value) in said.values.values()


def _decoded(value: str) -> str | None:
    """What a text in base64 holds; None where it is none."""
    with contextlib.suppress(binascii.Error, ValueError):
        return base64.b64decode(value, validate=True).decode()
    return None


def _before_key(value: str, credentials: Mapping[str, str]) -> str:
    """What stands before a key in its place (`BITSTAMP `)."""
    held = next((key for key in credentials.values() if len(key) > 7 and key in value), "")
    return value.partition(held)[0] if held else ""


def _place_of_key(said: Said, credentials: Mapping[str, str], scheme: Scheme) -> str:
    keys = {value for name, value in credentials.items() if name != scheme.secret and len(value) > 7}
    return next((place for place, value in said.values.items() if any(key in value for key in keys)), "")


def _secret_place(asked: Asked, sent: Sequence[Said]) -> str:
    """Where a secret is sent as it is, empty where none is."""
    secrets = {value for name, value in asked.credentials.items() if meaning_of_name(name) is Meaning.SECRET}
    return next((place for said in sent for place, value in said.values.items() if value in secrets), "")


def _key_place(asked: Asked, sent: Sequence[Said]) -> str:
    others = {name for name in asked.credentials if meaning_of_name(name) is Meaning.SECRET}
    others |= {field.name for field in asked.fields if options(field)}  # words, as `HmacSHA256`
    keys = {value for name, value in asked.credentials.items() if len(value) > 7 and name not in others}
    return next(
        (place for said in sent for place, value in said.values.items() if any(key in value for key in keys)),
        "",
    )


def credentials_of(asked: Asked, found: Explanation) -> dict[str, JsonValue]:
    """The connector's fields and which of the account's values each holds."""
    secrets = {scheme.secret: scheme for scheme in found.schemes}
    made: dict[str, JsonValue] = {}
    usual = {field.name: option for field in asked.fields if (option := usual_option(field)) is not None}
    for name, value in asked.credentials.items():
        if name in usual:
            made |= {} if value == usual[name] else {name: {"is": "none", "value": value}}
            continue
        meaning, shape = meaning_of_name(name), asked.shapes.get(name) or shape_of(value) or Shape.TOKEN
        if value == SESSION["account.number"]:
            made[name] = {"is": "number"}
        elif name in secrets or meaning is Meaning.SECRET:
            made[name] = {"is": "secret", **_form(secrets.get(name), shape), **_sent(asked, value)}
        elif meaning is Meaning.PASSPHRASE:
            made[name] = {"is": "passphrase", **_sent(asked, value)}
        elif shape is Shape.INTEGER:  # one that its code takes, as a sub account below 256: the same for all
            made[name] = {"is": "none", "value": value}
        else:
            made[name] = {"is": "key", **_written(shape)}
    return made


def _written(shape: Shape) -> dict[str, JsonValue]:
    form = _FORMS.get(shape, str(shape))
    return {} if form == "text" else {"form": form}


def _form(scheme: Scheme | None, shape: Shape) -> dict[str, JsonValue]:
    """How the secret is written: as the scheme decodes it, else as the connector took it."""
    if scheme is not None and scheme.form == "pem":
        return _written(shape)
    if scheme is not None and scheme.algorithm == "ed25519":
        return {"form": f"seed {scheme.form}"}
    if scheme is not None and scheme.form != "raw":
        return {"form": scheme.form}
    return _written(shape)


def _sent(asked: Asked, value: str) -> dict[str, JsonValue]:
    """Where a value is sent as it is: headers by name, or `frame`."""
    headers = {place for said in asked.sent for place, held in said.values.items() if held == value}
    frames = {"frame" for said in asked.frames if value in said.body}
    places = list[JsonValue](sorted(headers | frames))
    return {"sent": places} if places else {}
