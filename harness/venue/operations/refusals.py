"""What an exchange turns down before its engine hears of it; the engine's own reasons are `Refusal`."""

from __future__ import annotations

from enum import StrEnum


class RequestError(StrEnum):
    """Why a request or a message was not even tried."""

    MISSING_KEY = "missing_key"
    MISSING_SIGNATURE = "missing_signature"
    MISSING_TIME = "missing_time"
    MISSING_PASSPHRASE = "missing_passphrase"  # noqa: S105 - a code
    UNKNOWN_KEY = "unknown_key"
    BAD_TIME = "bad_time"
    STALE_TIME = "stale_time"
    BAD_PASSPHRASE = "bad_passphrase"  # noqa: S105 - a code
    BAD_SIGNATURE = "bad_signature"
    BAD_NONCE = "bad_nonce"
    BAD_CONTENT_TYPE = "bad_content_type"
    MISSING_PARAMETER = "missing_parameter"
    BAD_PARAMETER = "bad_parameter"
    UNKNOWN_ASSET = "unknown_asset"
    OVER_LIMIT = "over_limit"
    MAINTENANCE = "maintenance"
    SERVER_ERROR = "server_error"
    UNKNOWN_ROUTE = "unknown_route"
    NOT_LOGGED_IN = "not_logged_in"
    UNKNOWN_TOPIC = "unknown_topic"
    UNKNOWN_MESSAGE = "unknown_message"


class RequestRefused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """Ends the handling of a request or message with one of these errors."""

    def __init__(self, error: RequestError, detail: str = "") -> None:
        super().__init__(f"{error.value}: {detail}" if detail else error.value)
        self.error = error
        self.detail = detail
