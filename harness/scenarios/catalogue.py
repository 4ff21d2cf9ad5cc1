"""Every scenario that there is."""

from __future__ import annotations

from typing import Any

from harness.scenarios.played.clocks import WrongClocks, trade_by_a_wrong_clock
from harness.scenarios.played.crowd import Crowd, place_many
from harness.scenarios.played.ends import Ends, let_the_exchange_decide
from harness.scenarios.played.errors import (
    Errors,
    LostReply,
    Outage,
    RefusedStreams,
    answer_with_errors,
    lose_a_reply,
    refuse_streams,
    take_exchange_away,
)
from harness.scenarios.played.fees import Fees, change_fees
from harness.scenarios.played.hedging import Hedged, Liquidated, hold_both_sides, lose_positions
from harness.scenarios.played.histories import Histories, endure
from harness.scenarios.played.hour import Hour, make_markets
from harness.scenarios.played.market_data import (
    Listing,
    MarketData,
    list_markets,
)
from harness.scenarios.played.odd_start import OddStart, start_at_odds
from harness.scenarios.played.order_life import Trading, trade
from harness.scenarios.played.positions import Positions, hold_positions
from harness.scenarios.played.races import Races, race
from harness.scenarios.played.refusals import Refused, show_wrong_certificate, use_wrong_secret
from harness.scenarios.played.replayed import watch_market
from harness.scenarios.played.restart import Restart, restart
from harness.scenarios.played.rounding import Rounding, round_orders
from harness.scenarios.played.spoiled import SpoiledReplies, spoil_replies
from harness.scenarios.played.streams import (
    BrokenStreams,
    JunkSent,
    break_streams,
    send_junk,
)
from harness.scenarios.played.unheard import DeafStreams, disturb_user_stream
from harness.scenarios.scenario import Scenario

MARKET_DATA = Scenario("market_data", watch_market, MarketData)
TRADING = Scenario("trading", trade, Trading)
LISTING = Scenario("listing", list_markets, Listing)
ODD_START = Scenario("odd_start", start_at_odds, OddStart)
ROUNDING = Scenario("rounding", round_orders, Rounding)
ERRORS = Scenario("errors", answer_with_errors, Errors)
LOST_REPLY = Scenario("lost_reply", lose_a_reply, LostReply)
OUTAGE = Scenario("outage", take_exchange_away, Outage)
BROKEN_STREAMS = Scenario("broken_streams", break_streams, BrokenStreams)
DEAF_STREAMS = Scenario("deaf_streams", disturb_user_stream, DeafStreams)
JUNK = Scenario("junk", send_junk, JunkSent)
CROWD = Scenario("crowd", place_many, Crowd)
ENDS = Scenario("ends", let_the_exchange_decide, Ends)
FEES = Scenario("fees", change_fees, Fees)
SPOILED = Scenario("spoiled", spoil_replies, SpoiledReplies)
HEDGED = Scenario("hedged", hold_both_sides, Hedged)
LIQUIDATED = Scenario("liquidated", lose_positions, Liquidated)
RESTARTED = Scenario("restarted", restart, Restart)
RACES = Scenario("races", race, Races)
POSITIONS = Scenario("positions", hold_positions, Positions)
WRONG_SECRET = Scenario("wrong_secret", use_wrong_secret, Refused)
WRONG_CERTIFICATE = Scenario("wrong_certificate", show_wrong_certificate, Refused)
HISTORIES = Scenario("histories", endure, Histories)
HOUR = Scenario("hour", make_markets, Hour, long=True)
WRONG_CLOCKS = Scenario("wrong_clocks", trade_by_a_wrong_clock, WrongClocks)
REFUSED_STREAMS = Scenario("refused_streams", refuse_streams, RefusedStreams)

# In these nothing is done to the connector.
QUIET: tuple[Scenario[Any], ...] = (MARKET_DATA, TRADING)
# What is played at least before anybody says what a connector never did.
WATCHED: tuple[Scenario[Any], ...] = (
    *QUIET, LISTING, ROUNDING, ERRORS, LOST_REPLY, OUTAGE, BROKEN_STREAMS, DEAF_STREAMS, JUNK,
    RESTARTED, RACES, POSITIONS, WRONG_SECRET, WRONG_CERTIFICATE,
)  # fmt: skip
SCENARIOS: dict[str, Scenario[Any]] = {
    each.fixture: each
    for each in (
        *WATCHED,
        ODD_START,
        CROWD,
        ENDS,
        FEES,
        SPOILED,
        HEDGED,
        LIQUIDATED,
        HISTORIES,
        HOUR,
        WRONG_CLOCKS,
        REFUSED_STREAMS,
    )
}
