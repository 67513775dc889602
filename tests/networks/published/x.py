"""X, by its own client (PyPI `xdk`), which is generated from X's OpenAPI: bodies and answers are
pydantic models, paths and parameters stand in its methods. It does not say which errors a path
answers, nor that X still takes the older names of parameters and fields (`tweet.fields`)."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.networks.published import Contract, Operation, Schema, closed
from tests.networks.published.annotations import schema
from tests.networks.published.source import functions, module
from tests.servers import published

PARTS = ("posts", "users", "media")


@cache
def contract() -> Contract:
    folder = published.place() / "py/xdk"
    known = _models(module(folder / "schemas.py"))
    found = [one for part in PARTS for one in _operations(folder / part)]
    return Contract(found, known)


def _models(tree: ast.Module) -> Schema:
    """Classes by their fields, and other names of types."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = _model(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = schema(node.value)
    return found


def _model(node: ast.ClassDef) -> Schema:
    """What has a default may be left out."""
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
    named = {ast.unparse(one.target): schema(one.annotation) for one in fields}
    needed = [ast.unparse(one.target) for one in fields if "default=" not in ast.unparse(one)]
    return closed({"type": "object", "properties": named, "required": needed})


def _operations(folder: Path) -> Iterator[Operation]:
    """Each part has names of its own for models: `GetByIdsResponse` is another one for posts than
    for users."""
    models = _models(module(folder / "models.py"))
    for method in functions(module(folder / "client.py")):
        nodes = list(ast.walk(method))
        if path := _path(nodes):
            yield _operation(method, path, nodes, models)


def _operation(
    method: ast.FunctionDef, path: str, nodes: list[ast.AST], models: Schema
) -> Operation:
    def model(annotation: ast.expr | None) -> Schema:
        named = schema(annotation)
        return models.get(named.get("$ref", "").rpartition("/")[2], named)

    renamed, arguments = _renamed(nodes), method.args.args[1:]
    musts = arguments[: len(arguments) - len(method.args.defaults)]
    asked = [one for one in arguments if one.arg != "body" and f"{{{one.arg}}}" not in path]
    query = {renamed.get(one.arg, one.arg): schema(one.annotation) for one in asked}
    needed = [renamed.get(one.arg, one.arg) for one in asked if one in musts]
    body = next((model(one.annotation) for one in arguments if one.arg == "body"), None)
    names = closed({"type": "object", "properties": query, "required": needed})
    return Operation(_verb(nodes), path, names, body, {"2XX": model(method.returns)})


def _path(nodes: list[ast.AST]) -> str:
    """`url = self.client.base_url + "…"`"""
    for node in nodes:
        if isinstance(node, ast.BinOp) and ast.unparse(node.left) == "self.client.base_url":
            assert isinstance(node.right, ast.Constant)
            return str(node.right.value)
    return ""


def _verb(nodes: list[ast.AST]) -> str:
    """`self.client.session.get(…)`"""
    for node in nodes:
        call = node.func if isinstance(node, ast.Call) else None
        if isinstance(call, ast.Attribute) and ast.unparse(call.value) == "self.client.session":
            return call.attr.upper()
    raise AssertionError("a method that sends nothing")


def _renamed(nodes: list[ast.AST]) -> dict[str, str]:
    """`params["post.fields"] = … post_fields …`: arguments that go out under another name."""
    found = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            key = node.targets[0].slice
            used = {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
            if isinstance(key, ast.Constant) and "params" in ast.unparse(node.targets[0].value):
                found |= dict.fromkeys(used, str(key.value))
    return found
