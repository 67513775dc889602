"""Type annotations of generated source text as JSON Schema."""

import ast
from typing import Any

PLAIN: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "Any": {},
    "None": {},
}


def schema(node: ast.expr | None) -> dict[str, Any]:
    """A class is a reference into `$defs`. `Optional` says that it may be left out, not that it may
    be null; of an iterator each item is one answer."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return schema(ast.parse(node.value, mode="eval").body)
    if isinstance(node, ast.Attribute):
        return schema(ast.Name(node.attr))
    if isinstance(node, ast.Name | ast.Constant):
        name = node.id if isinstance(node, ast.Name) else "None"
        return PLAIN.get(name) or ({} if name in PLAIN else {"$ref": f"#/$defs/{name}"})
    assert isinstance(node, ast.Subscript), ast.unparse(node) if node else "no annotation"
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return _holder(ast.unparse(node.value), inner)


def _holder(name: str, inner: list[ast.expr]) -> dict[str, Any]:
    if name in ("Optional", "Iterator"):
        return schema(inner[0])
    if name == "List":
        return {"type": "array", "items": schema(inner[0])}
    if name == "Dict":
        return {"type": "object"}
    if name == "Union":
        return {"anyOf": [schema(one) for one in inner]}
    assert name == "Literal", name
    return {"enum": [ast.literal_eval(one) for one in inner]}
