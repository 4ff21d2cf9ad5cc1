"""No text of an outcome escapes redaction."""

from __future__ import annotations

from harness.checking.redaction import redacted
from harness.outcome import Basis, Evidence, EvidenceKind, Leaning, Outcome, Severity, Status


def test_every_text_is_redacted() -> None:
    evidence = Evidence(
        basis=Basis.CLAIMED,
        kind=EvidenceKind.LOG,
        text="it is SECRET",
        file="SECRET.py",
        line=3,
        data={"SECRET": ["SECRET", {"SECRET": "a SECRET"}, 7, None], "at": 1.5},
    )
    outcome = Outcome(
        requirement="secrets-not-logged",
        status=Status.FAILED,
        severity=Severity.MAJOR,
        subject="security",
        summary="SECRET is out",
        evidence=(evidence,),
        leaning=Leaning(status=Status.FAILED, fields=("routes / GET /SECRET",)),
        check="checks/x.py::test_x",
    )
    clean = redacted(outcome, lambda text: text.replace("SECRET", "‹key›"))
    assert "SECRET" not in clean.model_dump_json()
    assert clean.evidence[0].data == {"‹key›": ["‹key›", {"‹key›": "a ‹key›"}, 7, None], "at": 1.5}
    assert clean.leaning is not None
    assert clean.leaning.fields == ("routes / GET /‹key›",)
    assert (clean.evidence[0].line, clean.status) == (3, Status.FAILED)
