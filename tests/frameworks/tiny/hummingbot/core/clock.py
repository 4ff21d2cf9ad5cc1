import asyncio
import time


class Clock:
    def __init__(self, mode, tick_size):
        self.tick_size = tick_size
        self.connectors = []

    def add_iterator(self, connector):
        self.connectors.append(connector)

    def __enter__(self):
        for connector in self.connectors:
            connector.begin()
        return self

    def __exit__(self, *_):
        for connector in self.connectors:
            connector.end()

    async def run(self):
        while True:
            await asyncio.sleep(self.tick_size)
            for connector in self.connectors:
                connector.tick(time.time())
