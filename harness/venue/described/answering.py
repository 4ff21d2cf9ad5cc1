"""What a described exchange does on a REST request, and what it can tell of it then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.venue.described.model import Description
from harness.venue.described.requested import Asked, new_order
from harness.venue.described.tellable import Tellable, among
from harness.venue.described.templates import Scope
from harness.venue.described.values import Fact, Unreadable
from harness.venue.described.venue_facts import VenueFacts
from harness.venue.model import Account, NewOrder, Order, PositionSide, Refusal, Side, VenueRefusal
from harness.venue.operations.lookup import cancel, find, number_or_name
from harness.venue.positions import MarginMode, PositionMode


class Answering:
    """Does what a request asks for and gives what its reply can tell."""

    def __init__(self, description: Description, facts: VenueFacts, depth: int) -> None:
        self._description = description
        self._facts = facts
        self._venue = facts.venue
        self._tellable = Tellable(facts, depth)
        self._actions: dict[str, Callable[[Asked], Scope]] = {
            "place_order": self._place, "amend_order": self._amend, "cancel_order": self._cancel,
            "cancel_all": self._cancel_all, "set_leverage": self._set_leverage,
            "position_mode": self._position_mode, "margin_mode": self._margin_mode,
        }  # fmt: skip

    def answer(self, asked: Asked) -> Scope:
        """Raises VenueRefusal or Unreadable."""
        scope = self._tellable.scope(asked)
        act = self._actions.get(asked.operation)
        if act is not None:
            return act(asked).within(scope)
        if asked.operation == "order_status" and asked.named:
            order = find(self._venue, asked.who, asked.named)
            if not among(asked.rows.of, order):
                raise VenueRefusal(Refusal.UNKNOWN_ORDER)
            return self._one(asked, order).within(scope)
        return scope

    def _place(self, asked: Asked) -> Scope:
        wanted = self.hedged(asked, new_order(asked, self._description))
        leverage = asked.decimal("order.leverage")
        if leverage is not None and wanted.market.perpetual:
            self._venue.set_leverage(asked.who, wanted.market, leverage)
        return self._one(asked, self._venue.place(asked.who, wanted))

    def _one(self, asked: Asked, order: Order) -> Scope:
        """One order, also where a reply has it as the only row of a list."""
        told = self._facts.order(asked.who, order)
        return Scope(told.objects, {**told.rows, "order": lambda: [told]})

    def hedged(self, asked: Asked, order: NewOrder) -> NewOrder:
        """The order with its side, where the exchange does not let it be named."""
        named = self._description.orders.hedge_side == "told"
        if (
            named
            or not order.market.perpetual
            or self._venue.position_mode(asked.who) is PositionMode.ONE_WAY
        ):
            return order
        opens_long = (order.side is Side.BUY) != order.reduce_only
        return replace(
            order, position_side=PositionSide.LONG if opens_long else PositionSide.SHORT, reduce_only=False
        )

    def _amend(self, asked: Asked) -> Scope:
        order = find(self._venue, asked.who, asked.named)
        changed = self._venue.amend(
            asked.who,
            order.order_id,
            price=asked.decimal("order.price"),
            amount=asked.decimal("order.amount"),
        )
        return self._one(asked, changed)

    def _cancel(self, asked: Asked) -> Scope:
        several = asked.text("order.order_ids")
        if several is not None:
            return self._cancel_these(asked.who, several.split(","))
        if not asked.named:
            raise Unreadable("no id of an order")
        return self._one(asked, cancel(self._venue, asked.who, asked.named))

    def _cancel_all(self, asked: Asked) -> Scope:
        """All that are open, or those that are named; `failed` has the named ones that could not be."""
        named = asked.text("order.order_ids")
        if named is not None:
            return self._cancel_these(asked.who, named.split(","))
        numbers = [order.order_id for order in self._venue.open_orders(asked.who, asked.market)]
        gone = [self._venue.cancel(asked.who, number) for number in numbers]
        return Scope({}, {"order": lambda: [self._facts.order(asked.who, order) for order in gone]})

    def _cancel_these(self, account: Account, names: Sequence[str]) -> Scope:
        """`order` has those that are cancelled now, `failed` the others, `tried` both as they were named."""
        tried: list[tuple[str, Scope]] = []
        for name in names:
            number = number_or_name(name).order_id
            order = Scope({"order": lambda name=name: {"order_id": name}})  # type: ignore[misc]
            try:
                gone = self._facts.order(account, self._venue.cancel(account, number or 0))
                tried.append(("canceled", gone))
            except VenueRefusal as error:
                if error.code is Refusal.ORDER_NOT_OPEN:
                    order = self._facts.order(account, self._venue.order(account, number))
                tried.append(("refused", order))
        return Scope(
            {},
            {
                "order": lambda: [order for what, order in tried if what == "canceled"],
                "failed": lambda: [order for what, order in tried if what == "refused"],
                "tried": lambda: [_changed(what).within(order) for what, order in tried],
            },
        )

    def refused_order(self, asked: Asked | None, why: Refusal) -> Scope:
        """What the refusal of a request can tell of the order that it names: nothing of an unknown one."""
        if asked is None or asked.account is None or not asked.named or why is not Refusal.ORDER_NOT_OPEN:
            return Scope({"order": dict})
        return self._facts.order(asked.account, find(self._venue, asked.account, asked.named))

    def _set_leverage(self, asked: Asked) -> Scope:
        value = asked.decimal("position.leverage")
        for market in self._venue.markets if asked.market is None else (asked.market,):
            if value is not None:
                self._venue.set_leverage(asked.who, market, value)
        return Scope({"position": lambda: {"leverage": self._leverage(asked)}})

    def _leverage(self, asked: Asked) -> Fact:
        return None if asked.market is None else self._venue.leverage(asked.who, asked.market)

    def _position_mode(self, asked: Asked) -> Scope:
        mode = asked.text("account.position_mode")
        if mode is not None:
            self._venue.set_position_mode(asked.who, PositionMode(mode))
        return Scope()

    def _margin_mode(self, asked: Asked) -> Scope:
        mode = asked.text("account.margin_mode") or asked.text("position.margin_mode")
        if mode is not None and asked.market is not None:
            self._venue.set_margin_mode(asked.who, asked.market, MarginMode(mode))
        return Scope()


def _changed(kind: str) -> Scope:
    return Scope({"change": lambda: {"kind": kind}})
