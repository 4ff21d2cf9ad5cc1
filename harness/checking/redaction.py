"""Keeps what must not be published out of an outcome, wherever a fork's words put it."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import JsonValue

from harness.outcome import Evidence, Leaning, Outcome

Redact = Callable[[str], str]


def redacted(outcome: Outcome, redact: Redact) -> Outcome:
    """The outcome with `redact` applied to every text in it that a fork may have chosen."""
    evidence = tuple(_evidence(each, redact) for each in outcome.evidence)
    leaning = outcome.leaning and _leaning(outcome.leaning, redact)
    return outcome.model_copy(
        update={"summary": redact(outcome.summary), "evidence": evidence, "leaning": leaning}
    )


def _leaning(leaning: Leaning, redact: Redact) -> Leaning:
    return leaning.model_copy(update={"fields": tuple(map(redact, leaning.fields))})


def _evidence(evidence: Evidence, redact: Redact) -> Evidence:
    return evidence.model_copy(
        update={
            "text": redact(evidence.text),
            "file": evidence.file and redact(evidence.file),
            "data": {redact(name): _value(value, redact) for name, value in evidence.data.items()},
        }
    )


def _value(value: JsonValue, redact: Redact) -> JsonValue:
    match value:
        case str():
            return redact(value)
        case list():
            return [_value(each, redact) for each in value]
        case dict():
            return {redact(name): _value(each, redact) for name, each in value.items()}
        case _:
            return value
