"""A simulated exchange: markets, one matching engine and one ledger, spoken to through dialects.

What a dialect uses: `session.Venue` (its calls are in `account_calls`, `order_calls`, `market_calls` and
`perpetual_calls`), and the words that go in and come out: `market.Market` and its rules, `model` (orders,
fills, trades, balances, refusals), `positions` (positions, margin, funding), `events`. None of them changes
once made. Amounts and sizes are in base, money in the quote or settle asset, all exact `Decimal`s; times are
virtual Unix seconds.

Inside: `operation` (lock, exact reckoning, notifying) → `order_manager` (what is asked of an order) over
`trading` (takers against makers), `order_life` (how an order changes and ends), `engine` (a book) and a
clearing for each kind of market, `spot` or `perpetual`; `margin`, `funding` and `liquidation` belong to the
latter. They keep `state` and write, through the `postings`, to the `ledger`. `traders` is everyone else.

A perpetual differs from a spot market in what an order needs: nothing is locked. Margin is reckoned from
the mark price whenever somebody asks; profit is written when it is realised, against the account
`clearing`, which thus always holds minus the sum of all positions' costs. Unrealised profit counts as
margin; a loss that the free balance cannot pay is paid from it, then by the insurance, so that no account
is ever below zero. Not there: inverse contracts, trigger orders, auto-deleveraging (the liquidator takes
whatever there is).
"""
