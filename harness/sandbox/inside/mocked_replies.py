"""The replies that a connector's tests mock, and how they are mocked again with another document."""

import json
import re
from typing import Any, Dict, List

Reply = Dict[str, Any]


def replies_of(samples: List[Dict[str, Any]], name: str) -> Dict[str, List[Reply]]:
    """What each member mocks for a limit order to buy: documents, with the requests that they answer."""
    found: Dict[str, List[Reply]] = {}
    texts = {
        each["member"]: each["answers"][0] for each in samples if each["set"] == name and not each["side"]
    }
    for each in samples:
        if each["set"] != name or each["side"] not in ("", "BUY") or each["type"] not in ("", "LIMIT"):
            continue
        answer = each["answers"][0]
        if isinstance(answer, dict) and set(answer) == {"mocked", "returned"}:
            mocked = [dict(reply, document=_json(reply["body"])) for reply in answer["mocked"]]
            if not mocked and isinstance(answer["returned"], (dict, list)):
                mocked = [{"document": answer["returned"]}]
            found[each["member"]] = [reply for reply in mocked if reply["document"] is not None]
        elif isinstance(answer, (dict, list)):
            url = texts.get(_url_of(each["member"]), "")
            found[each["member"]] = [{"document": answer, "address": str(url or "")}]
    return found


def _url_of(member: str) -> str:
    """The member with the address of a plain reply."""
    known = {
        "trading_rules": "trading_rules_url",
        "all_symbols": "all_symbols_url",
        "latest_prices": "latest_prices_url",
        "balance": "balance_url",
        "order_creation": "order_creation_url",
    }
    return next((url for start, url in known.items() if member.startswith(start)), "")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def mock_again(api: Any, reply: Reply, document: Any, mocked: Dict[str, List[Reply]]) -> None:
    body = json.dumps(document)
    if "method" in reply:
        api.add(_url(reply), method=reply["method"], status=reply["status"], body=body, repeat=True)
        for others in mocked.values():
            for other in others:
                if other.get("method") and other is not reply and other["status"] == 200:
                    _also(api, other)
        return
    start = (
        re.compile("^" + re.escape(reply["address"].split("?")[0]))
        if reply.get("address")
        else re.compile(".*")
    )
    for method in ("GET", "POST", "PUT", "DELETE"):
        api.add(start, method=method, body=body, repeat=True)


def _url(reply: Reply) -> Any:
    return re.compile(reply["pattern"] or "^" + re.escape(reply["url"]))


def _also(api: Any, other: Reply) -> None:
    api.add(_url(other), method=other["method"], status=other["status"], body=other["body"], repeat=True)
