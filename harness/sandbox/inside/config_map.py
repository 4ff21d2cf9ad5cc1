"""What a connector asks its user for: its config map, in whichever form its framework keeps it.

Three have been in use: pydantic 2 (`json_schema_extra`), pydantic 1 (`client_data`, 2022 to 2025) and, before
that, a dictionary of `ConfigVar`. All of it is claimed by the code under test.
"""

from typing import Any, Dict, List, Tuple

MAX_DEFAULT = 200
MARKS = ("prompt", "is_secure", "is_connect_key", "prompt_on_new")
_MISSING = object()


def asked(keys: Any) -> List[Dict[str, Any]]:
    """Every field in order; one whose prompt or default cannot be made has none."""
    return [
        {
            "name": name,
            "prompt": _prompt(told.get("prompt"), keys),
            "secure": bool(told.get("is_secure")),
            "connect_key": bool(told.get("is_connect_key")),
            "prompted": bool(told.get("prompt_on_new")),
            "required": default is _MISSING,
            "default": _shown(default),
            "kind": kind,
        }
        for name, told, default, kind in _fields(keys)
    ]


def complete(keys: Any, given: Dict[str, Any]) -> Dict[str, Any]:
    """The credentials given, and the defaults of connect keys that were not, as a stored file has them.

    A file is read through the connector's own validators, which may make True of "yes" or a number of a text.
    Where they refuse what it says, it is taken as it is: the constructor has the last word.
    """
    values: Dict[str, Any] = dict(given)
    for name, told, default, _ in _fields(keys):
        if told.get("is_connect_key") and default is not _MISSING and name not in values:
            values[name] = default
    read = _read(keys, values)
    return {name: _opened(getattr(read, name, value)) for name, value in values.items()}


def _read(keys: Any, values: Dict[str, Any]) -> Any:
    model = _model(keys)
    if model is None:
        return None
    try:
        return model(**values)
    except Exception:
        return None


def _model(keys: Any) -> Any:
    """The config map's class, where it is one."""
    if keys is None or isinstance(keys, dict):
        return None
    return keys if isinstance(keys, type) else type(keys)


def _fields(keys: Any) -> List[Tuple[str, Dict[str, Any], Any, str]]:
    """Each field's name, what it says of itself, its default (`_MISSING`: none) and its type's name."""
    if isinstance(keys, dict):
        return [(str(name), _marks(each), _default_of_variable(each), "str") for name, each in keys.items()]
    model = _model(keys)
    fields = getattr(model, "model_fields", None)
    if isinstance(fields, dict):
        return [
            (
                name,
                _mapping(getattr(each, "json_schema_extra", None)),
                _default_in_2(each),
                _type_name(getattr(each, "annotation", None)),
            )
            for name, each in fields.items()
        ]
    return [
        (name, _of_pydantic_1(each), _default_in_1(each), _type_name(each.outer_type_))
        for name, each in getattr(model, "__fields__", {}).items()
    ]


def _mapping(extra: Any) -> Dict[str, Any]:
    return extra if isinstance(extra, dict) else {}


def _of_pydantic_1(field: Any) -> Dict[str, Any]:
    return _marks(_mapping(field.field_info.extra).get("client_data"))


def _marks(data: Any) -> Dict[str, Any]:
    return {name: getattr(data, name, None) for name in MARKS}


def _default_in_2(field: Any) -> Any:
    if field.is_required():
        return _MISSING
    try:
        return field.get_default(call_default_factory=True)
    except Exception:
        return _MISSING


def _default_in_1(field: Any) -> Any:
    if field.required:
        return _MISSING
    try:
        return field.get_default()
    except Exception:
        return _MISSING


def _default_of_variable(variable: Any) -> Any:
    default = getattr(variable, "default", None)
    return _MISSING if default is None or callable(default) else default


def _type_name(kind: Any) -> str:
    """`SecretStr`, `int` …; of a type that is put together from others, as it is written."""
    if kind is None:
        return ""
    return str(kind) if getattr(kind, "__args__", None) else getattr(kind, "__name__", None) or str(kind)


def _prompt(prompt: Any, keys: Any) -> str:
    if not callable(prompt):
        return str(prompt or "")
    try:
        return str(prompt(keys))
    except Exception:
        return ""


def _shown(default: Any) -> Any:
    """A default as text; None where there is none."""
    if default is _MISSING or default is None:
        return None
    return str(_opened(default))[:MAX_DEFAULT]


def _opened(value: Any) -> Any:
    """What a SecretStr hides."""
    opened = getattr(value, "get_secret_value", None)
    return opened() if callable(opened) else value
