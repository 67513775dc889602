"""Discord, by npm `discord-api-spec`: made daily by others out of the OpenAPI that Discord publishes
(github.com/discord/discord-api-spec). Its models are zod's, and printed by Node as JSON Schemas; which
path takes and answers which of them stands in its types."""

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import regex

from tests.networks.published import Contract, Operation, Schema, closed
from tests.servers import install, published

PATHS = (
    "/webhooks/{webhook_id}/{webhook_token}",
    "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}",
)
PLAIN: dict[str, Schema] = {
    "boolean": {"type": "boolean"},
    "number": {"type": "number"},
    "string": {"type": "string"},
    "unknown": {"type": "null"},  # of a 204
}


@cache
def contract() -> Contract:
    types = published.place() / "node_modules/discord-api-spec/build/discord-api-spec.ts"
    text = types.read_text()
    found = [one for path in PATHS for one in _operations(path, text)]
    return Contract(found, _models(), base="/api/v10")


def _models() -> Schema:
    node = [str(install.node()), "--input-type=module", "-"]
    source = __file__.removesuffix(".py") + ".mjs"
    with open(source) as script:
        told = subprocess.run(
            node, stdin=script, cwd=published.place(), check=True, capture_output=True, timeout=60
        )
    schemas = json.loads(told.stdout)
    return {name: _whole(one, schemas) for name, one in schemas.items()}


def _whole(schema: Any, schemas: Schema) -> Any:
    """Parts of an intersection are closed together, not each; instants may name an offset, which
    zod's own pattern leaves out and Discord's answers have."""
    if isinstance(schema, list):
        return [_whole(one, schemas) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _whole(inner, schemas) for name, inner in schema.items() if name[0] != "$"}
    if "$ref" in schema:
        made["$ref"] = schema["$ref"]
    if made.get("format") == "date-time":
        made.pop("pattern", None)
    if "allOf" in made:
        parts = [
            schemas[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            for one in schema["allOf"]
        ]
        fields = {
            n: _whole(inner, schemas) for one in parts for n, inner in one["properties"].items()
        }
        needed = [name for one in parts for name in one.get("required", ())]
        return closed({"type": "object", "properties": fields, "required": needed})
    return closed(made)


def _operations(path: str, text: str) -> Iterator[Operation]:
    """`"/path": { get: { parameters: …, requestBody?: …; responses: … }; … };`"""
    block = text.partition(f'\n  "{path}": {{\n')[2].partition("\n  };\n")[0]
    for found in regex.finditer(r"^    (\w+): \{\n(.*?)^    \};$", block, regex.M | regex.S):
        yield _operation(found[1].upper(), path, found[2])


def _operation(method: str, path: str, text: str) -> Operation:
    asked = regex.search(r"query\?: \{\n(.*?)\};", text, regex.S)
    query = {name: _type(kind) for name, kind in _fields(asked[1])} if asked else {}
    taken = regex.search(r"requestBody\?: ([\w |]+);", text)
    body = _type(taken[1]) if taken and taken[1] != "undefined" else None
    answers = {status: _type(kind) for status, kind in _fields(text.partition("responses: {")[2])}
    return Operation(method, path, closed({"type": "object", "properties": query}), body, answers)


def _fields(text: str) -> list[tuple[str, str]]:
    """`name?: Type | Other;` as (name, types)."""
    return regex.findall(r'^\s*"?(\w+)"?\??:\s*([\w\s|]+);$', text, regex.M)


def _type(text: str) -> Schema:
    names = regex.findall(r"\w+", text)
    made = [PLAIN.get(name, {"$ref": f"#/$defs/{name}"}) for name in names]
    return made[0] if len(made) == 1 else {"anyOf": made}
