"""The description of an exchange: one file of data that the generic dialect speaks.

`docs/descriptions.md` explains the format. A `Template` is JSON whose leaves may hold `{object.fact|filter}`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, JsonValue, StringConstraints

from harness.credentials.shapes import Shape
from harness.venue.described.order_rules import Limit, Orders
from harness.venue.described.part import STRICT, Operation, Template
from harness.venue.described.sources import Source

ROUTE_NAME = r"^(GET|POST|PUT|PATCH|DELETE) (/\S*)( \([\w.:/-]+\))?$"
RouteName = Annotated[str, StringConstraints(pattern=ROUTE_NAME)]


class Part(BaseModel):
    """A part of a description: unknown keys are mistakes."""

    model_config = STRICT


class Hosts(Part):
    rest: tuple[str, ...]
    stream: tuple[str, ...] = ()
    ports: tuple[int, ...] = (443,)


class Credential(Part):
    """A field of the connector's configuration. `sent`: where the exchange demands it as it is.

    `is_`: which of the account's three values it holds, its `number`, or `none` for a field that holds
    `value` for everybody. A `wallet` is a private key beside the secret; `signer` is the address or public
    key that belongs to the wallet, else to the secret, and `owner` an address of the account that belongs
    to no key here. `form`: how that is written; a `seed` is the 32 bytes of an Ed25519 private key, and the
    shapes of `harness.credentials` are made up for each account. A key that is an address belongs to the
    account's secret where that is a private key of 32 bytes.
    """

    is_: Literal["key", "secret", "passphrase", "number", "wallet", "signer", "owner", "none"] = Field(
        alias="is"
    )
    form: Literal["text", "hex", "base64", "seed hex", "seed base64", "pem"] | Shape = "text"
    length: int | None = Field(default=None, ge=8, le=256)
    begins: str = Field(default="", description="what every key of the exchange begins with")
    value: str | None = None
    ccxt: str | None = Field(
        default=None,
        description="what ccxt calls it, where it has a name of its own, or several; empty: ccxt gets none",
    )
    sent: tuple[str, ...] = ()


class TypedData(Part):
    """What a wallet signs as EIP-712 has it: a struct of type `primary`, in a domain.

    `message` says what each field holds, in texts as `Signing.text` has them; a mapping `{$abi: [[TYPE,
    TEXT], …]}` is what a contract reads of these, one after another. `separator` is the domain's hash, for
    an exchange that tells the hash alone. `codes` are lists of what a text is written as, named like a
    filter.
    """

    domain: dict[str, str | int] = {}
    separator: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{64}$")
    primary: str
    types: dict[str, dict[str, str]]
    message: Template
    codes: dict[str, dict[str, str]] = {}


class Signing(Part):
    """How a text is signed, and where the parts of the signature stand.

    `text` is a template over `time nonce method path query sorted_query params body sorted_body host key
    passphrase window payload content_type sorted_pairs owner number`, what the request says at `said.PATH`
    and what a route `signs`, with the filters `question ampersand sha256 sha512 keccak md5 hex base64 url
    lower upper unitsN`. `carries` says where each part of a request stands: `header NAME`, `query NAME`,
    `body PATH`, `param NAME` (in the query or the body), `payload NAME` (in the JSON of the `payload`) or
    `claim NAME` of a JWT; those of a message stand in `login.said`. `unverified` is accepted without a look,
    of the only account where it carries no `key`: `signs-requests` is undetermined. Of a JWT `text` is its
    `claim`.
    `eip191` is a text that a wallet signs, `eip712` the `typed` data; an `rsa` signature is padded by
    `padding`, with salt of any length. A `session` is a key that a `stream_token` route gave.
    """

    scheme: Literal[
        "hmac", "ed25519", "rsa", "eip191", "eip712", "jwt", "token", "session", "plugin", "unverified"
    ]
    digest: Literal["sha256", "sha384", "sha512"] = "sha256"
    padding: Literal["pkcs1", "pss"] = "pkcs1"
    decode: Literal["raw", "hex", "base64", "base58"] = "raw"
    written: Literal["hex", "HEX", "base64", "base58"] = "hex"
    text: str = ""
    algorithm: Literal["HMAC", "ES256"] = "HMAC"  # of a JWT
    claim: str = "path"  # of a JWT, that holds the text
    typed: TypedData | None = None
    carries: dict[
        Literal["key", "signature", "time", "nonce", "passphrase", "window", "payload", "signer"], str
    ] = {}
    session: str | None = Field(
        default=None, description="where the token of a session stands in the place of a signature"
    )
    prefix: dict[str, str] = {}  # what stands before a part: `{signature: "Bearer "}`
    time: Literal["s", "ms", "us", "ns", "iso", "any s"] = "ms"
    tolerance: float | None = Field(default=None, gt=0, description="seconds that a time may be off")
    lifetime: float = Field(default=86_400.0, gt=0, description="seconds that a session lives")
    rising_nonce: bool = False
    passphrase: Literal["plain", "signed"] = Field(
        default="plain", description="whether a passphrase is sent as its HMAC with the secret"
    )
    plugin: str | None = Field(default=None, description="a name in `signing.PLUGINS`")


class Words(Part):
    """A list of words: what each says of an object's facts; when written the first that fits is taken."""

    of: Literal[
        "order",
        "fill",
        "trade",
        "market",
        "position",
        "change",
        "page",
        "account",
        "payment",
        "action",
        "level",
    ]
    words: dict[str, dict[str, JsonValue]]
    usual: str | None = Field(default=None, description="the word when a request leaves it out")


class Rows(Part):
    """Which rows a list holds and how it is cut. `order` is how they are sorted by time."""

    of: Literal["all", "open", "filled", "ended"] = "all"
    order: Literal["newest first", "oldest first"] = "newest first"
    usual: int | None = None
    most: int | None = None
    flat: bool = Field(default=False, description="positions of size zero are told too")


class RefusalWords(Part):
    """A refusal's code and message as the exchange has them; `status` and `body` where they differ."""

    code: str | int | None = None
    message: str = ""
    status: int | None = None
    body: Template = None


class Refusals(Part):
    """`otherwise` is said of what is not listed. `body` is a template over `refusal.code` and `.message`."""

    status: int = 400
    body: Template
    words: dict[str, RefusalWords] = {}
    otherwise: RefusalWords = RefusalWords(message="request refused")


class Asking(Part):
    """What is asked for, over either transport. `takes` is a template of what the client says.

    A key that ends in `?` may be left out. `unknown: empty` answers a look-up of what nobody knows with no
    row.
    """

    operation: Operation
    private: bool = False
    weight: int = 1
    takes: Template = None
    means: dict[str, JsonValue] = Field(
        default={}, description="facts that the request itself stands for, such as `order.side`"
    )
    rows: Rows = Rows()
    reply: Template = None
    unknown: Literal["refused", "empty"] = "refused"
    refusals: dict[str, RefusalWords] = {}


class RouteDescription(Asking):
    """A REST route. `when` tells apart routes that share method and path, by literal parameters (`*`: any).

    Parameters in the path are named in the route's own name. `parameters: payload`: they are JSON in base64
    where the signing carries its payload.
    """

    proof: Literal["signature", "key", "order"] = Field(
        default="signature",
        description="what a private route demands: `key` is not signed, and `order` tells everybody who names"
        " an order of it",
    )
    when: dict[str, str] = {}
    parameters: Literal["query", "json", "form", "query or form", "payload"] | None = None
    signing: Signing | None = Field(default=None, description="where it is another than that of the others")
    also_signed: Signing | None = Field(
        default=None, description="a second signature, such as a wallet's of the order that the body holds"
    )
    signs: dict[str, str] = Field(default={}, description="what this route adds to the text that is signed")
    status: int = 200
    headers: dict[str, str] = {}  # of the reply, as templates


class MessageRequest(Asking):
    """A request that is a message of a connection; `said` tells it from others. `takes` is of the message."""

    said: Template


class Pattern(Part):
    """What a client may say, and the answer. `said` is a template to be matched; what it leaves out is
    ignored.

    `topics` is the path to the topic or topics in the message (`args[]`, `data.channel`), empty: the message
    itself; with ` * ` between two paths each of the one with each of the other, as a list, and with ` | ` the
    first of the two that holds something. `answer` is said once for each topic where `each_topic`, else once.
    """

    said: Template
    topics: str = ""
    joined: bool = Field(default=False, description="a topic may name several: `book:A,B` is two")
    each_topic: bool = True
    answer: Template = None
    operation: Operation = "stream:ping"


class Login(Part):
    """How a private stream is opened.

    `upgrade`: the request that opens it is signed as others are, or as `signing` says; `frame`: by a message
    of its own; `subscription`: every private subscription is signed by itself; `token`: with a key that a
    route gave, in the path or query (`token`) or in a subscription (`said`). `said` is where `login.key`,
    `login.signature` … stand in the message.
    """

    by: Literal["frame", "subscription", "token", "upgrade"]
    said: Template = None
    signing: Signing | None = None
    answer: Template = None
    token: str | None = Field(default=None, description="`path NAME` or `query NAME`")
    needed: bool = Field(default=True, description="whether nobody is let in without a token")
    takes: float = Field(
        default=0.0, description="seconds until it is answered; what is subscribed to before is refused"
    )


class ServerPing(Part):
    every: float
    say: Template = Field(default=None, description="nothing: a ping frame")
    expects: Template = None


class Book(Part):
    """How a book is told: whole each time, by changes or each changed level by itself; what is told first.

    `every` in seconds; `sequence`: whether counted per change of the venue, per message, or per message of
    all books of the connection; `checksum`: over the best `checksum_depth` levels of both sides in turn.
    """

    style: Literal["changes", "whole", "levels"]
    first: Literal["whole", "nothing"] = "whole"
    asked_by: str | None = Field(
        default=None, description="the query parameter without which the book is not told whole at first"
    )
    every: float = 0.1
    depth: int | None = None
    sequence: Literal["change", "message", "connection"] = "change"
    checksum: Literal["none", "crc32 interleaved"] = "none"
    checksum_depth: int = 25


class Channel(Part):
    """What a client can subscribe to; without a `topic` it is told to whoever opens the stream.

    `topic` is a template of how it is named, with `market.symbol` where it belongs to one market. `tells` is
    a template of a message, of each event; `first` of what a new subscriber gets, for books the whole book.
    """

    operation: Operation
    topic: Template = None
    also: tuple[Template, ...] = Field(default=(), description="other ways to name the topic")
    private: bool = False
    tells: Template = None
    first: Template = None
    book: Book | None = None
    everything: tuple[str, ...] = Field(default=(), description="words in the symbol's place: all markets")
    only: tuple[str, ...] = Field(default=(), description="changes that are told; empty: all")
    brings: tuple[str, ...] = Field(default=(), description="channels that a subscription to it brings too")
    whole: bool = Field(default=False, description="a message tells all that the account has, not the change")


class Connection(Part):
    """A WebSocket path and what is said on it. A client silent for `silence` seconds is closed.

    `answers` are to messages that neither log in nor subscribe; `refused` is the template of an error.
    """

    path: str
    host: str | None = Field(default=None, description="the one of the stream hosts; nothing: any of them")
    subscribe: Pattern | None = None
    unsubscribe: Pattern | None = None
    answers: tuple[Pattern, ...] = ()
    requests: dict[str, MessageRequest] = Field(
        default={}, description="what can be asked for by a message: orders placed, cancelled, looked up"
    )
    server_ping: ServerPing | None = None
    login: Login | None = None
    hello: Template = None
    refused: Template = None
    refusals: dict[str, RefusalWords] = {}
    packed: Literal["gzip", "protobuf"] | None = Field(
        default=None,
        description="how the exchange packs its messages; as protocol buffers, those of channels",
    )
    packet: str = Field(default="", description="the packet of a channel's message")
    silence: float | None = None
    fills_first: bool = Field(default=False, description="a fill is told before what became of its order")
    lifetime: float | None = Field(default=None, description="seconds that a token lives")
    channels: dict[str, Channel] = {}


class Contradiction(Part):
    """Two sources that differ about a leaf: the description holds what the stronger says."""

    at: str
    says: dict[str, JsonValue]


class Description(Part):
    """An exchange's wire format. `known` says for addresses where what lies under them is known from."""

    exchange: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
    like: str | None = Field(
        default=None, description="the description beside it that this one changes; `null` takes a key out"
    )
    framework: Literal["v2", "v0"] = Field(
        default="v2", description="the generation of connectors that speak so"
    )
    kind: Literal["spot", "perpetual"] = "spot"
    ccxt: str | None = None
    ccxt_options: dict[str, JsonValue] = Field(
        default={}, description="options that make ccxt ask for these markets"
    )
    derived: str | None = Field(default=None, description="digest of what it was derived from")
    hosts: Hosts
    symbol: str
    assets: dict[str, str] = Field(default={}, description="assets that are named otherwise here")
    credentials: dict[str, Credential]
    signing: Signing | None = None
    orders: Orders = Orders()
    words: dict[str, Words] = {}
    shapes: dict[str, Template] = {}
    routes: dict[RouteName, RouteDescription]
    refusals: Refusals
    reply_headers: dict[str, str] = {}
    connections: dict[str, Connection] = {}
    packets: dict[str, dict[str, str]] = Field(
        default={}, description="fields of packed messages: `3 text`, `3 number`, `3 flag` or `3 PACKET`"
    )
    limits: tuple[Limit, ...] = ()
    quote: str | None = Field(default=None, description="what is quoted in, where that is not USDT")
    funding_every: float | None = Field(
        default=None, gt=0, description="seconds from funding to funding, where these are not eight hours"
    )
    notional_in: tuple[str, ...] = Field(default=(), description="quotes with a least notional; empty: all")
    in_dollars: bool = Field(default=False, description="whether some markets are quoted in US dollars")
    lacks: tuple[str, ...] = ()
    known: dict[str, tuple[Source, ...]]
    contradictions: tuple[Contradiction, ...] = ()
