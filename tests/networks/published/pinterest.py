"""Pinterest, by its own client (PyPI `pinterest-generated-client`), which openapi-generator made from
its OpenAPI 5.14.0: operations with their parameters, and models by their fields. By hand is what it
leaves out: what lists hold (`LISTS`), nullable objects (`LOST`), and what Pinterest added since
(`ADDED`, read in 5.28 of v5/openapi.json, repository pinterest/api-description)."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.networks.published import Contract, Operation, Schema, closed
from tests.networks.published.source import (
    Name,
    assigned,
    classes,
    functions,
    module,
    returned,
    value,
)
from tests.servers import published

APIS = ("boards", "pins", "media", "user_account")
LISTS = {"/boards": "Board", "/boards/{board_id}/pins": "Pin"}
# The generator writes "any object" where the document has a nullable one; its models are there.
LOST = {
    ("Pin", "media"): "PinMedia",
    ("Pin", "media_source"): "PinMediaSource",
    ("Pin", "board_owner"): "BoardOwner",
    ("PinCreate", "media_source"): "PinMediaSource",
    ("Board", "owner"): "BoardOwner",
}
ADDED = {"PinMediaSourceVideoID": {"cover_image_key_frame_time": {"type": "number"}}}
TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "dict": "object"}
TYPES |= {"none_type": "null", "list": "array", "datetime": "string", "date": "string"}
RULES = {
    "max_length": "maxLength",
    "min_length": "minLength",
    "max_items": "maxItems",
    "min_items": "minItems",
    "inclusive_maximum": "maximum",
    "inclusive_minimum": "minimum",
}


@cache
def contract() -> Contract:
    known, found = dict[str, Any](), list[Operation]()
    for api in APIS:
        tree = module(_folder() / f"api/{api}_api.py")
        _learn(tree, known)
        found += _operations(tree)
    return Contract(found, known, base="/v5")


def _folder() -> Path:
    return published.place() / "py/openapi_generated/pinterest_client"


def _learn(tree: ast.Module, known: Schema) -> None:
    """The models that a module names, and those that they name."""
    for node in ast.walk(tree):
        where, _, file = (getattr(node, "module", None) or "").rpartition(".")
        if not (isinstance(node, ast.ImportFrom) and where.endswith(".model")):
            continue
        for name in {one.name for one in node.names} - known.keys():
            inner = module(_folder() / f"model/{file}.py")
            known[name] = _model(next(one for one in classes(inner) if one.name == name))
            _learn(inner, known)


def _model(node: ast.ClassDef) -> Schema:
    made, body = {one.name: one for one in functions(node)}, assigned(node.body)
    composed = returned(made["_composed_schemas"]) if "_composed_schemas" in made else {}
    if choice := composed.get("oneOf"):
        return {"anyOf": [_type((one,)) for one in choice]}
    types, names = returned(made["openapi_types"]), body["attribute_map"]
    rules = {"validations": body["validations"], "allowed_values": body["allowed_values"]}
    if "value" in types and not names:
        return _field("value", types["value"], rules)
    fields = {names[name]: _field(name, type, rules) for name, type in types.items()}
    lost = {name: model for (owner, name), model in LOST.items() if owner == node.name}
    fields |= {name: {"$ref": f"#/$defs/{model}"} for name, model in lost.items()}
    fields |= ADDED.get(node.name, {})
    needed = [names[one.arg] for one in made["_from_openapi_data"].args.args[1:]]
    return closed({"type": "object", "properties": fields, "required": needed})


def _operations(tree: ast.Module) -> Iterator[Operation]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_Endpoint":
            said = {str(one.arg): value(one.value) for one in node.keywords}
            yield _operation(said["settings"], said["params_map"]["required"], said["root_map"])


def _operation(settings: Schema, needed: list[str], root: Schema) -> Operation:
    places, types = root["location_map"], root["openapi_types"]
    asked = {name: _field(name, types[name], root) for name in types if places[name] == "query"}
    bodies = [_type(types[name]) for name in types if places[name] == "body"]
    musts = [name for name in needed if name in asked]
    query = closed({"type": "object", "properties": asked, "required": musts})
    kind, path = settings["response_type"], settings["endpoint_path"]
    answer = _type(kind) if kind else {"type": "null"}
    if settings["http_method"] == "GET" and path in LISTS:
        answer = _list_of(LISTS[path])
    answers = {"2XX": answer, "4XX": {"$ref": "#/$defs/Error"}}
    return Operation(settings["http_method"], path, query, next(iter(bodies), None), answers)


def _list_of(model: str) -> Schema:
    """developers.pinterest.com/docs/reference/pagination"""
    items = {"type": "array", "items": {"$ref": f"#/$defs/{model}"}}
    fields = {"items": items, "bookmark": {"type": ["string", "null"]}}
    return closed({"type": "object", "properties": fields, "required": ["items"]})


def _field(name: str, type: Any, rules: Schema) -> Schema:
    made = _type(type)
    given = dict(rules["validations"].get((name,), {}))
    if "regex" in given:
        made["pattern"] = given.pop("regex")["pattern"]
    made |= {RULES[rule]: limit for rule, limit in given.items() if rule in RULES}
    if choices := rules["allowed_values"].get((name,)):
        (made["items"] if made.get("type") == "array" else made)["enum"] = list(choices.values())
    return made


def _type(kinds: Any) -> Schema:
    """A tuple of classes, each of which it may be; all plain ones together say nothing."""
    if len(kinds) >= len(TYPES) - 1:
        return {}
    made = [_one(kind) for kind in kinds]
    return made[0] if len(made) == 1 else {"anyOf": made}


def _one(kind: Any) -> Schema:
    if isinstance(kind, list):
        return {"type": "array", "items": _one(kind[0]) if len(kind) == 1 else {}}
    if isinstance(kind, dict):
        return {"type": "object"}
    if isinstance(kind, tuple):
        return _type(kind)
    assert isinstance(kind, Name)
    return {"type": TYPES[kind.name]} if kind.name in TYPES else {"$ref": f"#/$defs/{kind.name}"}
