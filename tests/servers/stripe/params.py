"""Request parameters against the typed parameters that the pinned SDK ships: what the stand-in answers
with 400 is what Stripe's SDK does not know. Enumerations are open there, so a wrong word passes."""

import sys
import types
import typing
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import parse_qsl

WORDS = {"true": True, "false": False}


def unflatten(body: str) -> dict[str, Any]:
    """`a[b][0][c]=v` as nested objects and lists; every value is a text."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        *path, last = name.replace("]", "").split("[")
        place = root
        for part in path:
            place = place.setdefault(part, {})
        if last:
            place[last] = value
        else:  # `expand[]=…`
            place[str(len(place))] = value
    return typing.cast(dict[str, Any], _lists(root))


def _lists(found: Any) -> Any:
    if not isinstance(found, dict):
        return found
    inner = {key: _lists(value) for key, value in found.items()}
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def typed(kind: Any, value: Any, problems: list[str], path: str = "", names: Any = None) -> Any:
    """The value with the types of `kind`; what is wrong goes into `problems`."""
    kind = _resolved(kind, names)
    origin = get_origin(kind)
    if origin in (typing.NotRequired, typing.Required):
        return typed(get_args(kind)[0], value, problems, path, names)
    if hasattr(kind, "__total__"):
        return _object(kind, value, problems, path)
    if origin in (Union, types.UnionType):
        return _one_of(kind, value, problems, path, names)
    if origin is list:
        if not isinstance(value, list):
            problems.append(f"{path}: a list is expected")
            return value
        [inner] = get_args(kind)
        return [typed(inner, one, problems, f"{path}[{i}]", names) for i, one in enumerate(value)]
    if origin is Literal:
        if value not in get_args(kind):
            problems.append(f"{path}: {value!r} is none of {get_args(kind)}")
        return value
    return _plain(kind, origin, value, problems, path)


def _resolved(kind: Any, names: Any) -> Any:
    if isinstance(kind, typing.ForwardRef):
        kind = kind.__forward_arg__
    return eval(kind, dict(vars(typing)) | (names or {})) if isinstance(kind, str) else kind


def _object(kind: Any, value: Any, problems: list[str], path: str) -> Any:
    if not isinstance(value, dict):
        problems.append(f"{path or '.'}: an object is expected")
        return value
    names = dict(vars(sys.modules[kind.__module__]))
    hints = {key: _resolved(hint, names) for key, hint in kind.__annotations__.items()}
    problems += [f"{path}.{key}: unknown parameter" for key in value if key not in hints]
    optional = (typing.NotRequired,)
    required = {k for k, hint in hints.items() if get_origin(hint) not in optional}
    problems += [f"{path}.{k}: missing" for k in required - set(value) if kind.__total__]
    return {
        key: typed(hints[key], one, problems, f"{path}.{key}", names)
        for key, one in value.items()
        if key in hints
    }


def _one_of(kind: Any, value: Any, problems: list[str], path: str, names: Any) -> Any:
    tried = []
    for option in get_args(kind):
        wrong: list[str] = []
        made = typed(option, value, wrong, path, names)
        if not wrong:
            return made
        tried.append(wrong)
    problems += min(tried, key=len)
    return value


def _plain(kind: Any, origin: Any, value: Any, problems: list[str], path: str) -> Any:
    wanted = origin or kind
    if wanted is bool and value in WORDS:
        return WORDS[value]
    if wanted in (int, float) and isinstance(value, str) and value.lstrip("-").isdigit():
        return wanted(value)
    if wanted is dict and isinstance(value, dict):
        return value
    if wanted is Any or (wanted is str and isinstance(value, str)):
        return value
    problems.append(f"{path}: {getattr(wanted, '__name__', wanted)} is expected")
    return value
