"""Telegram, by PyPI `aiogram`, which others make: its methods and types are generated from the page
that Telegram publishes, core.telegram.org/bots/api."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import regex

from tests.networks.published import Contract, Operation, Schema, closed
from tests.networks.published.annotations import schema
from tests.networks.published.source import assigned, classes, module
from tests.servers import published

METHODS = (
    *("get_me", "get_chat", "get_chat_member", "get_chat_member_count", "delete_messages"),
    *("send_message", "send_photo", "send_video", "send_media_group"),
)
OK: Schema = {"const": True}


class Types(dict[str, Any]):
    """The definitions, each read when it is first referred to: there are hundreds."""

    def __missing__(self, name: str) -> Schema:
        self[name] = {"type": "integer"} if name == "DateTime" else _type(name)  # Unix time
        return self[name]


@cache
def contract() -> Contract:
    return Contract([_operation(method) for method in METHODS], Types())


def _folder() -> Path:
    return published.place() / "py/aiogram"


@cache
def _files() -> dict[str, str]:
    """Where each type stands."""
    nodes = module(_folder() / "types/__init__.py").body
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 1]
    return {one.name: str(node.module) for node in froms for one in node.names}


@cache
def _enums() -> dict[str, Any]:
    """`ChatMemberStatus.LEFT` and what it stands for."""
    found = {}
    for path in (_folder() / "enums").glob("*.py"):
        for node in classes(module(path)):
            found |= {f"{node.name}.{name}": one for name, one in assigned(node.body).items()}
    return found


def _operation(name: str) -> Operation:
    [node] = [
        one
        for one in classes(module(_folder() / f"methods/{name}.py"))
        if "TelegramMethod" in ast.unparse(one.bases[0])
    ]
    base = node.bases[0]
    assert isinstance(base, ast.Subscript)
    method = assigned(node.body)["__api_method__"]
    query = closed({"type": "object", "properties": {}})
    answers = {"200": _told(OK, result=schema(base.slice)), "4XX": _refused()}
    return Operation("POST", f"/bot{{token}}/{method}", query, _object(node), answers)


def _told(ok: Schema, **fields: Schema) -> Schema:
    """core.telegram.org/bots/api, "Making requests"."""
    return closed(
        {"type": "object", "properties": {"ok": ok} | fields, "required": ["ok", *fields]}
    )


def _refused() -> Schema:
    made = _told({"const": False}, error_code={"type": "integer"}, description={"type": "string"})
    made["properties"]["parameters"] = {"$ref": "#/$defs/ResponseParameters"}
    return made


def _type(name: str) -> Schema:
    """A class by its fields, or what a name stands for (`ChatIdUnion: TypeAlias = int | str`)."""
    tree = module(_folder() / f"types/{_files()[name]}.py")
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _object(node)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            return schema(node.value)
    raise KeyError(name)


def _object(node: ast.ClassDef) -> Schema:
    fields, needed = dict[str, Schema](), []
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and not ast.unparse(one.target).startswith("_"):
            name, text = _name(one), ast.unparse(one.annotation)
            fields[name] = _plain(schema(one.annotation))
            needed += [name] if "None" not in text else []
    return closed({"type": "object", "properties": fields, "required": needed})


def _name(field: ast.AnnAssign) -> str:
    """`from_user: … = Field(None, alias="from")`"""
    alias = regex.search(r"alias='(\w+)'", ast.unparse(field.value) if field.value else "")
    return alias[1] if alias else ast.unparse(field.target)


def _plain(made: Schema) -> Schema:
    if "enum" in made:
        made["enum"] = [_enums().get(one, one) for one in made["enum"]]
    return made
