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
LEFT_OUT = ("None", "Default")  # aiogram's way to say: what the bot was told before


def schema(node: ast.expr | None) -> dict[str, Any]:
    """A class is a reference into `$defs`. `Optional` and `| None` say that it may be left out, not
    that it may be null; of an iterator each item is one answer."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return schema(ast.parse(node.value, mode="eval").body)
    if isinstance(node, ast.BinOp):
        sides = [one for one in (node.left, node.right) if ast.unparse(one) not in LEFT_OUT]
        made = [schema(one) for one in sides]
        return made[0] if len(made) == 1 else {"anyOf": made}
    if isinstance(node, ast.Attribute):
        return schema(ast.Name(node.attr))
    if isinstance(node, ast.Name | ast.Constant):
        name = node.id if isinstance(node, ast.Name) else "None"
        return PLAIN.get(name) or ({} if name in PLAIN else {"$ref": f"#/$defs/{name}"})
    assert isinstance(node, ast.Subscript), ast.unparse(node) if node else "no annotation"
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return _holder(ast.unparse(node.value), inner)


def _holder(name: str, inner: list[ast.expr]) -> dict[str, Any]:
    if name in ("Optional", "Iterator", "Annotated"):
        return schema(inner[0])
    if name in ("List", "list", "Sequence"):
        return {"type": "array", "items": schema(inner[0])}
    if name == "Dict":
        return {"type": "object"}
    if name == "Union":
        return {"anyOf": [schema(one) for one in inner]}
    assert name == "Literal", name
    return {"enum": [_choice(one) for one in inner]}


def _choice(node: ast.expr) -> Any:
    """A literal, or the source text of an enum's member: `ChatMemberStatus.LEFT`."""
    return node.value if isinstance(node, ast.Constant) else ast.unparse(node)
