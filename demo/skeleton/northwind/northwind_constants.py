DEFAULT_DOMAIN = "com"

REST_URL = "https://api.northwind.example"
WSS_URL = "wss://stream.northwind.example"

SYMBOLS_PATH_URL = "/v1/symbols"
ORDERS_PATH_URL = "/v1/orders"
