from types import SimpleNamespace

global_config_map = {
    "acme_key": SimpleNamespace(
        prompt="Enter it", is_secure=True, is_connect_key=True, default=None, value=None
    ),
    "ethereum_rpc_url": SimpleNamespace(
        prompt="", is_secure=False, is_connect_key=False, default=None, value=None
    ),
}
