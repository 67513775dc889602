"""Meta's Graph API, by its own SDK (PyPI `facebook-business`), generated from Meta's tables: each node
with its fields and edges, each edge with its parameters. An id does not say which node it names, so
whoever asks says it (`by_node`). Neither the shape of errors nor of what an upload answers is in there.
"""

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from tests.networks.published import ANYTHING, Contract, Operation, Schema, closed
from tests.networks.published.exchanges import Exchange
from tests.networks.published.source import assigned, classes, functions, module, value
from tests.servers import published

EMPTY = ast.Module([], [])
TEXT = {"type": "string"}
KEYS = {"access_token": TEXT, "appsecret_proof": TEXT}  # .../docs/graph-api/guides/secure-requests
PAGING = {"limit": {"type": "integer"}, "after": TEXT, "before": TEXT}  # .../docs/graph-api/results
FILES = {("Page", "photos"): ("source",)}  # sent as a file, beside the table of parameters
# Where the tables name no node for what an edge holds, or Facebook's for Instagram's comments.
HELD = {
    ("IGUserForIGOnlyAPI", "media"): "IGMediaForIGOnlyAPI",
    ("IGMediaForIGOnlyAPI", "comments"): "IGComment",
}
BESIDE = {("User", "accounts"): ("tasks",)}  # .../docs/graph-api/reference/user/accounts, "fields"
RENAMED = {"mediapublish": "media_publish"}  # as IGUser and Meta's documents spell it
TYPES = {"string": "string", "bool": "boolean", "int": "integer", "unsigned int": "integer"}
TYPES |= {"float": "number", "datetime": "string", "file": "string"}


def by_node(
    seen: Sequence[Exchange], kind: Callable[[str], str], version: str = "v26.0"
) -> list[Exchange]:
    """The same exchanges with the node's name in the place of its id; what `kind` leaves empty stays."""
    found = []
    for said in seen:
        id, *edge = said.path.removeprefix(f"/{version}").strip("/").split("/")
        found.append(replace(said, path="/" + "/".join((kind(id) or id, *edge))))
    return found


def contract(*paths: str) -> Contract:
    """Of what these paths ask of the nodes that they name (`/Page/feed`), classes of the SDK. All of
    it would take a long time to read."""
    return Contract([one for path in sorted({*paths}) for one in _operations(path)])


@cache
def _node(name: str) -> ast.ClassDef | None:
    """None for what is no node, such as `/oauth`."""
    file = published.place() / f"py/facebook_business/adobjects/{name.lower()}.py"
    if not file.exists():
        return None
    return next(one for one in classes(module(file)) if one.name == name)


@cache
def _operations(path: str) -> tuple[Operation, ...]:
    name, _, wanted = path.strip("/").partition("/")
    return tuple(
        _operation(name, wanted, said, tables)
        for said, tables in _requests(name)
        if RENAMED.get(said["endpoint"][1:], said["endpoint"][1:]) == wanted
    )


@cache
def _requests(name: str) -> list[tuple[Schema, Schema]]:
    """`request = FacebookRequest(method=…, endpoint="/feed", …)` of each method of a node, and what
    the method gives to names before: `param_types`, `enums`."""
    found = []
    for function in functions(_node(name) or EMPTY):
        for one in function.body:
            call = one.value if isinstance(one, ast.Assign) else None
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "FacebookRequest":
                said = {str(one.arg): value(one.value) for one in call.keywords}
                found.append((said, assigned(function.body)))
    return found


def _operation(node: str, edge: str, said: Schema, tables: Schema) -> Operation:
    method = said["method"]
    held = HELD.get((node, edge), said["target_class"].name)
    shown = _shown(held) | dict.fromkeys(BESIDE.get((node, edge), ()), ANYTHING)
    fields = {name: _type(type, tables["enums"]) for name, type in tables["param_types"].items()}
    given = KEYS | fields
    path = f"/{node}/{edge}" if edge else f"/{node}"
    if method == "GET":
        asked = {"fields": {"type": "array", "items": {"enum": [*shown]}}} if shown else {}
        query = closed({"type": "object", "properties": given | PAGING | asked})
        return Operation(method, path, query, None, {"200": _answer(shown, is_list=bool(edge))})
    files = dict.fromkeys(FILES.get((node, edge), ()), TEXT)
    form = closed({"type": "object", "properties": given | files})
    made = _fields(held) | dict.fromkeys(("id", "success"), ANYTHING)
    done = closed({"type": "object", "properties": dict.fromkeys(made, ANYTHING)})
    if method == "DELETE":
        return Operation(method, path, form, None, {"200": done})
    return Operation(
        method, path, closed({"type": "object", "properties": {}}), form, {"200": done}
    )


def _answer(shown: Schema, *, is_list: bool) -> Schema:
    one = closed({"type": "object", "properties": shown}) if shown else ANYTHING
    if not is_list:
        return one
    paging = {"paging": {"type": "object"}, "data": {"type": "array", "items": one}}
    return closed({"type": "object", "properties": paging, "required": ["data"]})


@cache
def _shown(node: str) -> dict[str, Schema]:
    """What can be asked of a node: its own fields, and its edges."""
    edges = [said["endpoint"].strip("/") for said, _ in _requests(node)]
    types = _fields(node)
    names = [*_choices(node, "Field"), *filter(None, edges)]
    return {name: types.get(name, ANYTHING) for name in names}


@cache
def _fields(node: str) -> dict[str, Schema]:
    """What its table of types names, which is more than can be asked. Long numbers are told as texts
    (.../docs/graph-api/reference: "numeric string")."""
    tree = _node(node)
    types = assigned(tree.body).get("_field_types", {}) if tree else {}
    number = {"type": ["integer", "string"], "pattern": "^[0-9]+$"}
    return {
        name: number if t in ("int", "unsigned int") else _type(t, {}) for name, t in types.items()
    }


def _choices(node: str, name: str) -> list[Any]:
    """The values of an inner class."""
    inner = next((one for one in classes(_node(node) or EMPTY) if one.name == name), None)
    return list(assigned(inner.body).values()) if inner else []


def _type(name: str, enums: dict[str, Any]) -> Schema:
    """`Page.Tasks.__dict__.values()` or a list is what an enum may be."""
    if name.startswith("list<") and name[5:-1] in enums:
        return {"type": "array", "items": _type(name[5:-1], enums)}
    if name.startswith("list"):
        return {"type": "array"}
    if name not in enums:
        return {"type": TYPES[name]} if name in TYPES else ANYTHING
    told = enums[name]
    if isinstance(told, str):
        node, inner, *_ = told.split(".")
        return {"enum": _choices(node, inner)}
    return {"enum": told}
