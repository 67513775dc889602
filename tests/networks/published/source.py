"""Reading generated source text without running it: what its literals say."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Name:
    """A name where a literal could stand: a class, or an attribute's last part."""

    name: str


@cache
def module(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def value(node: ast.AST | None) -> Any:
    """Literals as they are, names as `Name`; of any other expression its source text."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return Name(node.id)
    if isinstance(node, ast.Tuple):
        return tuple(value(one) for one in node.elts)
    if isinstance(node, ast.List | ast.Set):
        return [value(one) for one in node.elts]
    if isinstance(node, ast.Dict):
        return {value(k): value(v) for k, v in zip(node.keys, node.values, strict=True)}
    return ast.unparse(node) if node else None


def classes(holder: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef]:
    """Those that stand in it, none that stand deeper."""
    return (node for node in holder.body if isinstance(node, ast.ClassDef))


def functions(holder: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef]:
    """Of a module those of its classes, of a class its own."""
    for node in holder.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef) and isinstance(holder, ast.Module):
            yield from functions(node)


def assigned(nodes: list[ast.stmt]) -> dict[str, Any]:
    """What a body gives to plain names."""
    return {
        target.id: value(node.value)
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def returned(function: ast.FunctionDef) -> Any:
    return next((value(one.value) for one in function.body if isinstance(one, ast.Return)), None)
