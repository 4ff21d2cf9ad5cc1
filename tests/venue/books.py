"""What must hold after whatever was done at a venue, read from inside it."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from harness.venue.ledger import CLEARING, MAY_OWE, Bucket, exactly
from harness.venue.market import Market
from harness.venue.model import ZERO, Account, Side
from harness.venue.session import Venue
from harness.venue.state import AccountState, Holding


def check_ledger(venue: Venue) -> None:
    """Nothing is made or lost, nobody is overdrawn, and balances are the sums of their rows."""
    assert not any(venue.ledger_totals().values())
    sums: defaultdict[tuple[str, str, Bucket], Decimal] = defaultdict(Decimal)
    with exactly():
        for row in venue.ledger_rows():
            sums[row.account, row.asset, row.bucket] += row.delta
            # Each row is kept from overdrawing, not only the last.
            assert row.account in MAY_OWE or row.delta >= 0 or sums[row.account, row.asset, row.bucket] >= 0
    for name in {account for account, _, _ in sums}:
        for balance in venue._order_manager.postings.ledger.balances(name):
            assert balance.free == sums[name, balance.asset, Bucket.FREE]
            others = sums[name, balance.asset, Bucket.LOCKED] + sums[name, balance.asset, Bucket.MARGIN]
            assert balance.locked == others


def check_locks(venue: Venue, accounts: list[Account]) -> None:
    """What is locked is what open spot orders need and isolated positions have, to the last unit."""
    for account in accounts:
        needs: defaultdict[str, Decimal] = defaultdict(Decimal)
        for live in venue._order_manager.account_states[account.name].open.values():
            order, market = live.view(), live.market_state.market
            if market.perpetual:
                continue
            if order.side is Side.BUY:
                needs[market.quote] += market.buyer_pays(order.remaining * (order.price or ZERO), live.fee_in)
            else:
                needs[market.base] += market.seller_gives(order.remaining, live.fee_in)
        for holding in _holdings(venue._order_manager.account_states[account.name]):
            needs[holding.market_state.market.settle_asset] += holding.margin
        locked = {balance.asset: balance.locked for balance in venue.balances(account) if balance.locked}
        assert locked == {asset: amount for asset, amount in needs.items() if amount}


def check_books(venue: Venue) -> None:
    """The book is the open orders, and not crossed."""
    open_orders: defaultdict[Market, dict[int, Decimal]] = defaultdict(dict)
    for account_state in venue._order_manager.account_states.values():
        for number, order in account_state.open.items():
            assert order.view().status.live
            open_orders[order.market_state.market][number] = order.remaining
    for market, market_state in venue._order_manager.market_states.items():
        assert market_state.book.resting() == open_orders[market]
        best = {side: market_state.book.best(side) for side in Side}
        bid, ask = best[Side.BUY], best[Side.SELL]
        assert bid is None or ask is None or bid < ask
        for side in Side:
            for level in market_state.book.levels(side):
                at = [
                    market_state.book.resting()[number]
                    for number in market_state.book.orders_at(side, level.price)
                ]
                assert level.amount == sum(at)


def check_positions(venue: Venue) -> None:
    """Longs and shorts cancel out, and the clearing account holds exactly what is still unrealised."""
    costs: defaultdict[str, Decimal] = defaultdict(Decimal)
    sizes: defaultdict[Market, Decimal] = defaultdict(Decimal)
    with exactly():
        for holding in (
            one
            for account_state in venue._order_manager.account_states.values()
            for one in _holdings(account_state)
        ):
            sizes[holding.market_state.market] += holding.size
            costs[holding.market_state.market.settle_asset] += holding.cost
            assert holding.size or (holding.cost, holding.margin) == (0, 0)
        assert not any(sizes.values())
        for asset, cost in costs.items():
            assert venue._order_manager.postings.ledger.free(CLEARING, asset) == -cost


def _holdings(account_state: AccountState) -> list[Holding]:
    """Open and closed."""
    return [holding for holdings in account_state.holdings.values() for holding in holdings]
