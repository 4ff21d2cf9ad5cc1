"""Who a request to a described exchange is from: keys, signatures and passphrases, and what refuses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from harness.venue.described.held_keys import credential, number_of
from harness.venue.described.model import Credential, Description, Login, Signing
from harness.venue.described.refusing import RefusalBook
from harness.venue.described.schemes import WALLETS, signed, signed_right, signer_belongs
from harness.venue.described.signing import Given, given_by, session_in, texts_of
from harness.venue.described.templates import Scope
from harness.venue.described.values import moment
from harness.venue.described.venue_facts import VenueFacts
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.listen_keys import ListenKeys
from harness.venue.dialects.messages import Refused, Request
from harness.venue.dialects.nonces import AscendingNonces
from harness.venue.dialects.routing import Route
from harness.venue.dialects.signing import same
from harness.venue.model import Account
from harness.venue.operations.refusals import RequestError
from harness.venue.session import Venue

TOKEN_LIFETIME = 3600.0  # virtual seconds, where a description names none
_HIDDEN = frozenset({"secret", "passphrase", "wallet"})


class Proving(Dialect):
    """A part of `DescribedDialect`: whose a request is, by the proofs that are described."""

    description: ClassVar[Description]
    venue_facts: VenueFacts
    refusals: RefusalBook

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._nonces = AscendingNonces()
        signing = self.description.signing
        self.logins = ListenKeys(TOKEN_LIFETIME if signing is None else signing.lifetime)

    def credentials(self, account: Account) -> dict[str, str]:
        return {field: self._held(account, each) for field, each in self.description.credentials.items()}

    def hidden(self, account: Account) -> frozenset[str]:
        held = self.description.credentials.values()
        return frozenset(self._held(account, each) for each in held if each.is_ in _HIDDEN)

    def _held(self, account: Account, given: Credential) -> str:
        return credential(account, given, self._of_kind("wallet") or self._of_kind("secret"))

    def _of_kind(self, kind: str) -> Credential | None:
        return next((each for each in self.description.credentials.values() if each.is_ == kind), None)

    def secret(self, account: Account) -> str:
        """What the connector signs with."""
        given = self._of_kind("secret")
        return account.api_secret if given is None else self._held(account, given)

    def key_of(self, signing: Signing, account: Account) -> str:
        """What a signature of that kind is made with: a wallet's where one is held and wallets sign."""
        wallet = self._of_kind("wallet") if signing.scheme in WALLETS else None
        return self.secret(account) if wallet is None else self._held(account, wallet)

    def passphrase(self, account: Account) -> str:
        """What a connector signs beside its key; the account's number where it has no pass phrase."""
        given = self._of_kind("passphrase") or self._of_kind("number")
        return account.passphrase if given is None else self._held(account, given)

    def ccxt_credentials(self, account: Account) -> dict[str, str]:
        names = {
            "key": "apiKey", "secret": "secret", "passphrase": "password", "number": "uid",
            "wallet": "privateKey", "owner": "walletAddress",
        }  # fmt: skip
        held = self.description.credentials.values()
        called = ((each, names.get(each.is_, "") if each.ccxt is None else each.ccxt) for each in held)
        return {name: self._held(account, each) for each, all_names in called for name in all_names.split()}

    def authenticate(self, request: Request, route: Route) -> Account:
        """Missing parts first, then the key, the time, the passphrase and the signature."""
        described = self.description.routes[route.handler]
        signing = described.signing or self.description.signing
        if signing is None:
            raise LookupError(f"{self.name}: {route.path} is private, and `signing` is not described")
        code = RequestError.BAD_CONTENT_TYPE.value
        if request.unlike_json and self.refusals.has(code):
            raise self.refused(code)
        token = session_in(signing, request)
        if token:
            return self._of_session(Given(signature=token), self.received_at(request))
        given = given_by(signing, request)
        account = (
            self._with_key(given)
            if described.proof == "key"
            else self._signer(signing, request, given, described.signs)
        )
        if described.also_signed is not None:
            self._also_signed(described.also_signed, request, account, described.signs)
        return account

    def _also_signed(
        self, signing: Signing, request: Request, account: Account, more: Mapping[str, str]
    ) -> None:
        """Raises Refused where the request's second signature is not the account's."""
        given = given_by(signing, request)
        if not given.signature:
            raise self.refused(RequestError.MISSING_SIGNATURE.value)
        owner = self._of_kind("owner")
        own = {"number": str(number_of(account)), "owner": self._held(account, owner) if owner else ""}
        texts = texts_of(signing, request, given, {**own, **more})
        if not self._proves(signing, account, given, texts):
            raise self.refused(RequestError.BAD_SIGNATURE.value)

    def _proves(self, signing: Signing, account: Account, given: Given, texts: frozenset[bytes]) -> bool:
        key = self.key_of(signing, account)
        if given.signer and not signer_belongs(signing, key, given.signer):
            return False
        return signed_right(signing, key, texts, given.signature)

    def _signer(
        self, signing: Signing, request: Request, given: Given, more: Mapping[str, str] | None = None
    ) -> Account:
        """Whose request it is; raises Refused."""
        if signing.scheme == "session":
            return self._of_session(given, self.received_at(request))
        if signing.scheme == "unverified" and "key" not in signing.carries:
            return self._only_account()
        for part, error in (
            ("key", RequestError.MISSING_KEY), ("signature", RequestError.MISSING_SIGNATURE),
            ("time", RequestError.MISSING_TIME), ("passphrase", RequestError.MISSING_PASSPHRASE),
        ):  # fmt: skip
            if part in signing.carries and not getattr(given, part):
                raise self.refused(error.value)
        given = self.with_phrase(given)
        texts = texts_of(signing, request, given, more)
        found = self.verified(signing, given, texts, self.received_at(request))
        if isinstance(found, RequestError):
            raise self.refused(found.value)
        return found

    def _of_session(self, given: Given, at: float) -> Account:
        if not given.signature:
            raise self.refused(RequestError.MISSING_KEY.value)
        account = self.logins.account_of(given.signature, at)
        if account is None:
            raise self.refused(RequestError.UNKNOWN_KEY.value)
        return account

    def _only_account(self) -> Account:
        """Whose a request is that names nobody, where its signature cannot be read: the only account's."""
        accounts = self.venue.accounts()
        if len(accounts) != 1:
            raise self.refused(RequestError.MISSING_KEY.value)
        return accounts[0]

    def _phrase(self, signing: Signing, account: Account) -> str:
        """The passphrase as it is sent."""
        phrase = self.passphrase(account)
        is_signed = signing.passphrase == "signed"  # noqa: S105 - a form, not a passphrase
        return signed(signing, self.secret(account), phrase) if is_signed else phrase

    def with_phrase(self, given: Given) -> Given:
        """The parts of a signature, with a passphrase that is signed and never sent."""
        account = None if given.passphrase else self._account_of(given.key)
        return given if account is None else replace(given, passphrase=self.passphrase(account))

    def _with_key(self, given: Given) -> Account:
        """The account of a request that is not signed."""
        if not given.key:
            raise self.refused(RequestError.MISSING_KEY.value)
        account = self._account_of(given.key)
        if account is None:
            raise self.refused(RequestError.UNKNOWN_KEY.value)
        return account

    def verified(
        self, signing: Signing, given: Given, texts: frozenset[bytes], at: float
    ) -> Account | RequestError:
        """Whose signature it is, or what is wrong with it."""
        account = self._account_of(given.key) if given.key else self._account_of_signer(signing, given)
        if account is None:
            return RequestError.UNKNOWN_KEY
        if given.time or "time" in signing.carries:
            told = moment(given.time, signing.time)
            if told is None:
                return RequestError.BAD_TIME
            if signing.tolerance is not None and abs(told - at) > signing.tolerance + self.slack:
                return RequestError.STALE_TIME
        if given.passphrase and not same(self._phrase(signing, account), given.passphrase):
            return RequestError.BAD_PASSPHRASE
        if not self._proves(signing, account, given, texts):
            return RequestError.BAD_SIGNATURE
        if signing.rising_nonce and not (
            given.nonce.isdigit() and self._nonces.take(account.api_key, int(given.nonce))
        ):
            return RequestError.BAD_NONCE
        return account

    def _account_of(self, key: str) -> Account | None:
        given = self._of_kind("key")
        if given is None or (given.form, given.length, given.begins) == ("text", None, ""):
            return self.venue.account_of_key(key)
        return next((each for each in self.venue.accounts() if self._held(each, given) == key), None)

    def _account_of_signer(self, signing: Signing, given: Given) -> Account | None:
        """Whose key it is that a message says it is signed by, where it names no other."""
        accounts = self.venue.accounts() if given.signer else ()
        found = (
            each for each in accounts if signer_belongs(signing, self.key_of(signing, each), given.signer)
        )
        return next(found, None)

    def _account_of_upgrade(self, login: Login, request: Request) -> Account | None:
        """Who signed the request; nobody where that is allowed and no key was sent. Raises Refused."""
        signing = login.signing or self.description.signing
        if signing is None:
            raise LookupError(f"{self.name}: streams are opened by a signature, which is not described")
        given = given_by(signing, request)
        named = given.key or given.signature
        return self._signer(signing, request, given) if named or login.needed else None

    def refused(self, code: str, route: str = "", detail: str = "", around: Scope | None = None) -> Refused:
        """`around` is what else the refusal may tell of."""
        own = self.description.routes[route].refusals if route else {}
        scope = (around or Scope()).within(self.venue_facts.now())
        return Refused(self.refusals.reply(code, scope, own, detail))
