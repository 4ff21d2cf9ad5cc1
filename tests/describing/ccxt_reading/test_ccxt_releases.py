"""An earlier release of ccxt reads in a process of its own; a wheel of two modules stands in for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.describing.ccxt_reading import ccxt_releases
from harness.describing.ccxt_reading.ccxt_releases import Ccxt, EarlierCcxt, checked
from harness.describing.documents.sentinels import SETS
from harness.errors import OurFailure, UserError
from harness.oracle import ccxt_ids
from tests.frameworks.packages import index_of_files, wheel

# As ccxt's own: an exchange is a class in the module of its name, and `fetch` gives a reply's JSON.
ACME = """
class acme:
    fetch_balance = fetch_markets = fetch_time = None
    def __init__(self, config):
        self.markets = []
    def set_markets(self, markets):
        self.markets = markets
    def fetch_order(self, order_id, symbol):
        reply = self.fetch()
        if reply.get("ends"):
            raise SystemExit
        return {"id": reply["number"], "price": float(reply["rate"]), "symbol": self.markets[0]["symbol"]}
"""


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache, and an index in which ccxt 1.2.3 has the exchange acme."""
    index = index_of_files(tmp_path, monkeypatch)
    contents = {
        "ccxt/__init__.py": 'from ccxt.acme import acme\n__version__ = "1.2.3"\n',
        "ccxt/acme.py": ACME,
    }
    wheel(index, "ccxt", "1.2.3", contents=contents)
    wheel(index, "six", "1.0")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.usefixtures("released")
def test_the_release_reads_a_reply_and_ours_stays_as_it_is() -> None:
    with EarlierCcxt(Ccxt.of("acme@1.2.3"), SETS[0], "acme-pair", perpetual=False) as earlier:
        found = earlier.meanings("order_status", {"number": "82400002", "rate": "9871.3", "note": "open"})
        assert {path: meant.fact for path, meant in found.items()} == {
            ("number",): "order.order_id", ("rate",): "order.price",
        }  # fmt: skip
        assert earlier.fee_in([]) == ""
        assert not earlier.signs_alike(())
    loaded = sys.modules.get("ccxt")
    assert loaded is None or loaded.__version__ != "1.2.3"
    assert "acme" not in ccxt_ids()


@pytest.mark.usefixtures("released")
def test_it_may_end_in_the_middle() -> None:
    with (
        EarlierCcxt(Ccxt.of("acme@1.2.3"), SETS[0], "acme-pair", perpetual=False) as earlier,
        pytest.raises(OurFailure, match=r"ccxt 1\.2\.3 gave no answer"),
    ):
        earlier.meanings("order_status", {"number": "82400002", "rate": "9871.3", "ends": True})


@pytest.mark.usefixtures("released")
def test_it_may_have_ended_before_it_is_asked() -> None:
    earlier = EarlierCcxt(Ccxt.of("acme@1.2.3"), SETS[0], "acme-pair", perpetual=False)
    with earlier:
        for _ in range(2):
            with pytest.raises(OurFailure, match=r"ccxt 1\.2\.3 gave no answer"):
                earlier.meanings("order_status", {"number": "82400002", "rate": "9871.3", "ends": True})


@pytest.mark.usefixtures("released")
def test_an_exchange_that_it_lacks_is_a_users_mistake() -> None:
    with pytest.raises(UserError, match=r"ccxt 1\.2\.3 has no exchange 'emca'"):
        EarlierCcxt(Ccxt.of("emca@1.2.3"), SETS[0], "acme-pair", perpetual=False)


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("acne@1.2.3", "ccxt 1.2.3 has no exchange 'acne'\n→ did you mean `acme`?"),
        ("acme@4.5.6", "ccxt 4.5.6 could not be installed"),
        ("acme@../../venv", "'../../venv' is no release of ccxt"),
        ("acme@", "'' is no release of ccxt"),
        ("acme", "ccxt has no exchange 'acme'"),
    ],
)
def test_what_there_is_not_is_named(text: str, told: str) -> None:
    with pytest.raises(UserError) as error:
        checked(text, "--ccxt")
    assert told in str(error.value)
    assert str(error.value).startswith(("--ccxt: ", "the package index: "))


@pytest.mark.usefixtures("released")
def test_a_release_is_installed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked("acme@1.2.3") == "acme@1.2.3"
    monkeypatch.setattr(ccxt_releases, "install_wheels", None)
    assert checked("acme@1.2.3") == "acme@1.2.3"
