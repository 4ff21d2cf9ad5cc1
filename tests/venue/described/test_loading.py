"""Descriptions are read strictly, and a review lies over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.errors import UserError
from harness.venue.described.loading import hosts_reviewed, load

PAGE = Path(__file__).parents[3] / "docs" / "descriptions.md"
PRICE = "routes / GET /v1/fills / reply / list / each fill / px"


def acme() -> dict[str, Any]:
    """The example of the page."""
    text = PAGE.read_text(encoding="utf-8")
    example: dict[str, Any] = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    return example


def write(folder: Path, data: Any, review: Any = None) -> Path:
    path = folder / "acme.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    if review is not None:
        (folder / "acme.review.yml").write_text(yaml.safe_dump(review), encoding="utf-8")
    return path


def test_the_page_s_example_is_a_description(tmp_path: Path) -> None:
    description = load(write(tmp_path, acme()))
    assert description.routes["GET /v1/fills"].rows.most == 500
    assert description.words["kind"].words["MAKER"] == {"type": "limit", "post_only": True}


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (["routes", "GET /v1/fills", "operation"], "withdraw", "no standard operation"),
        (["routes", "GET /v1/fills", "replies"], {}, "Extra inputs"),
        (["routes", "GET /v1/fills", "reply", "list", "each fill", "px"], {"$if": "fill|none"}, "no fact"),
        (["routes", "GET /v1/fills", "reply", "list", "each fill", "px"], "{fill.prize}", "no fact"),
        (["routes", "GET /v1/fills", "reply", "list", "each fill", "px"], "{fill.price|loud}", "neither"),
        (["routes", "GET /v1/fills", "reply", "list", "each mouse"], {}, "'mouse'"),
        (["routes", "GET /v1/fills", "reply", "list"], {"$like": "nothing"}, "no shape 'nothing'"),
        (["routes", "FETCH /v1"], {"operation": "ping"}, "match pattern"),
        (["refusals", "words", "bad_mood"], {"code": 1}, "bad_mood"),
        (["signing", "scheme"], "plugin", "no plug-in None"),
        (["known"], {"signing": ["ccxt"]}, "nothing in `known`"),
        (["known", "routes / GET /v2"], ["kit"], "nothing is at"),
        (["known", "signing"], ["reviewer Ann"], "match pattern"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, where: list[str], value: Any, said: str) -> None:
    data = acme()
    *way, last = where
    at = data
    for key in way:
        at = at[key]
    at[last] = value
    with pytest.raises(UserError, match=said):
        load(write(tmp_path, data))


def test_words_that_yaml_would_take_for_others_stay_words(tmp_path: Path) -> None:
    path = write(tmp_path, acme())
    text = path.read_text(encoding="utf-8").replace("B:\n", "on:\n").replace("S:\n", "0:\n")
    path.write_text(text, encoding="utf-8")
    assert set(load(path).words["side"].words) == {"on", "0"}


def signed(at: str, **more: Any) -> dict[str, Any]:
    return {"at": at, "by": "Ann", "date": "2026-11-29", "page": "https://acme.test", **more}


def test_a_review_confirms_corrects_adds_and_removes(tmp_path: Path) -> None:
    review = [
        signed(PRICE),
        signed("words / kind / words / IOC", **{"is": {"time_in_force": "ioc"}}),
        signed("routes / POST /v1/orders / takes / price", **{"is": "{order.price|number}"}),
        signed("routes / GET /v1/fills / reply / list / each fill / coin", remove=True),
    ]
    description = load(write(tmp_path, acme(), review))
    source = "reviewer Ann 2026-11-29 https://acme.test"
    assert source in description.known[PRICE]
    assert description.words["kind"].words["IOC"] == {"time_in_force": "ioc"}
    assert description.known["words / kind / words / IOC"] == (source,)
    takes, reply = description.routes["POST /v1/orders"].takes, description.routes["GET /v1/fills"].reply
    assert isinstance(takes, dict)
    assert takes["price?"] == "{order.price|number}"
    assert "coin" not in str(reply)


def test_a_confirmation_of_what_is_gone_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing is at routes / GET /v9"):
        load(write(tmp_path, acme(), [signed("routes / GET /v9 / reply")]))


def test_a_description_may_be_like_another(tmp_path: Path) -> None:
    write(tmp_path, acme())
    old = tmp_path / "acme_2020.yml"
    changed = {
        "exchange": "acme_2020", "like": "acme", "framework": "v0",
        "routes": {"GET /v1/fills": {"rows": {"most": 50}, "reply": {"list": {"each fill": {"coin": None}}}}},
    }  # fmt: skip
    old.write_text(yaml.safe_dump(changed), encoding="utf-8")
    base, description = load(tmp_path / "acme.yml"), load(old)
    assert (description.exchange, description.framework, base.framework) == ("acme_2020", "v0", "v2")
    rows = description.routes["GET /v1/fills"].rows
    assert (rows.most, rows.usual) == (50, base.routes["GET /v1/fills"].rows.usual)
    fill = description.routes["GET /v1/fills"].reply["list"]["each fill"]  # type: ignore[index, call-overload]
    assert set(fill) == {"id", "px", "fee"}  # type: ignore[arg-type]
    assert description.words == base.words


@pytest.mark.parametrize("name", ["../acme", "acme", "nobody"])
def test_a_description_is_like_another_that_is_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError):
        load(write(tmp_path, {"exchange": "acme", "like": name}))


def test_the_hosts_that_a_person_names_are_those_of_the_exchange(tmp_path: Path) -> None:
    line = {"at": "hosts", "by": "Ann", "date": "2026-11-29", "page": "https://acme.test/docs"}
    named = {**line, "is": {"rest": ["api.acme.test"], "stream": ["ws.acme.test", "api.acme.test"]}}
    review = tmp_path / "acme.review.yml"
    assert hosts_reviewed(review) == ()
    write(tmp_path, acme(), [line])
    assert hosts_reviewed(review) == ()
    write(tmp_path, acme(), [named])
    assert hosts_reviewed(review) == ("api.acme.test", "ws.acme.test")


def test_a_file_that_is_not_there_is_no_matter_of_yaml(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file or directory\n") as refused:
        load(tmp_path / "nowhere.yml")
    assert "name a description's file" in (refused.value.hint or "")
