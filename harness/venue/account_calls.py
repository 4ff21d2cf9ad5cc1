"""The venue's calls about accounts: opening, deposits, keys, balances and the ledger's rows."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from decimal import Decimal

from harness.venue.ledger import OUTSIDE, OWN, LedgerRow, Reason
from harness.venue.market import Market
from harness.venue.model import KEY_LENGTHS, Account, Balance, Clock, Refusal, VenueRefusal
from harness.venue.operation import Operated, operation
from harness.venue.state import AccountState


class AccountCalls(Operated):
    """A part of `Venue`."""

    def __init__(self, markets: Iterable[Market], seed: int, clock: Clock) -> None:
        super().__init__(markets, seed, clock)
        self._accounts: dict[str, Account] = {}
        self._keys: dict[str, Account] = {}

    @operation
    def account(
        self, name: str, balances: Mapping[str, Decimal], key_lengths: tuple[int, int, int] = KEY_LENGTHS
    ) -> Account:
        """Open an account with fresh random keys and these deposits; the name must be new.

        `key_lengths` are those of its key, its secret and its passphrase.
        """
        if name in self._accounts or name in OWN:
            raise ValueError(f"account {name!r} exists")
        account = Account(name, *(_token(length) for length in key_lengths))
        self._accounts[name] = account
        self._keys[account.api_key] = account
        self._order_manager.account_states[name] = AccountState(name)
        for asset, amount in balances.items():
            self.deposit(account, asset, amount)
        return account

    @operation
    def deposit(self, account: Account, asset: str, amount: Decimal) -> None:
        """Credit an account from outside."""
        self._order_manager.postings.pay(asset, amount, OUTSIDE, account.name, Reason.DEPOSIT)

    @operation
    def withdraw(self, account: Account, asset: str, amount: Decimal) -> None:
        """Send to outside what is neither locked nor needed as margin; raises INSUFFICIENT_BALANCE."""
        free = self._order_manager.perpetuals.spendable(self._account_state(account), asset)
        if not 0 <= amount <= free:
            raise VenueRefusal(Refusal.INSUFFICIENT_BALANCE, f"{amount} {asset} of {free}")
        self._order_manager.postings.pay(asset, amount, account.name, OUTSIDE, Reason.WITHDRAWAL)

    @operation
    def pay_fees_with(self, account: Account, asset: str | None, discount: Decimal = Decimal("0.25")) -> None:
        """From now on pay spot fees in this asset, a fraction `discount` cheaper, valued at the last price of
        its market against the quote, as long as there is enough of it free. None: as the market has it."""
        account_state = self._account_state(account)
        account_state.fee_asset, account_state.fee_discount = asset, discount

    @operation
    def account_of_key(self, api_key: str) -> Account | None:
        return self._keys.get(api_key)

    @operation
    def accounts(self) -> tuple[Account, ...]:
        """Those whose keys are known, in the order in which they were opened."""
        return tuple(self._keys.values())

    @operation
    def revoke(self, account: Account) -> None:
        """From now on nobody knows the account's key."""
        self._keys.pop(account.api_key, None)

    @operation
    def balance(self, account: Account, asset: str) -> Balance:
        return self._order_manager.postings.ledger.balance(account.name, asset)

    @operation
    def balances(self, account: Account) -> tuple[Balance, ...]:
        """Of every asset the account ever held, by name."""
        return self._order_manager.postings.ledger.balances(account.name)

    @operation
    def ledger_rows(self, account: Account | None = None) -> tuple[LedgerRow, ...]:
        """The truth: everyone's rows, or an account's, oldest first."""
        return self._order_manager.postings.ledger.rows(None if account is None else account.name)

    @operation
    def ledger_totals(self) -> dict[str, Decimal]:
        """The sum of each asset over everyone, deposits' source included: zero, or the venue is broken."""
        return self._order_manager.postings.ledger.totals()


def _token(length: int) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(length))
