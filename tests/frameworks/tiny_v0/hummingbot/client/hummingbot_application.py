from hummingbot.market.acme.acme_market import AcmeMarket


class HummingbotApplication:
    def _initialize_markets(self, market_names):
        for market_name, trading_pairs in market_names:
            if market_name == "acme":
                acme_key = global_config_map.get("acme_key").value  # noqa: F821
                market = AcmeMarket(acme_key, trading_pairs, self._trading_required)
            self.markets[market_name] = market
