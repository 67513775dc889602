"""What a double recorded, as a contract speaks of it: JSON values, and names with their texts where
it came as a query, a form or parts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.servers.doubles import Double, Seen


@dataclass(frozen=True)
class Exchange:
    """A request and its answer. `body`: None where nothing was sent; `is_form`: its values came as
    text. A file stands there as what its part says of it: its name."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    is_form: bool
    status: int
    answer: Any


def of(double: Double) -> list[Exchange]:
    """All that a double has seen."""
    return [exchange(seen) for seen in double.seen]


def exchange(seen: Seen) -> Exchange:
    url = urlsplit(seen.path)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    body, is_form = _body(seen)
    answer = json.loads(seen.answer) if seen.answer[:1] in (b"{", b"[") else None
    return Exchange(seen.method, url.path, query, body, is_form, seen.status, answer)


def _body(seen: Seen) -> tuple[Any, bool]:
    kind = seen.headers.get("Content-Type", "").partition(";")[0]
    if not seen.body:
        return None, False
    if kind == "application/json":
        return json.loads(seen.body), False
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(seen.body.decode(), keep_blank_values=True)), True
    assert kind == "multipart/form-data", kind
    parts = _parts(seen)
    if "payload_json" in parts:  # Discord's way: the body as one part, beside its files
        return json.loads(parts["payload_json"]), False
    return parts, True


def _parts(seen: Seen) -> dict[str, Any]:
    """RFC 7578."""
    head = f"Content-Type: {seen.headers['Content-Type']}\r\n\r\n".encode()
    whole = message_from_bytes(head + seen.body, policy=policy.HTTP)
    assert isinstance(whole, EmailMessage)
    found = {}
    for part in whole.iter_parts():
        text = part.get_filename() or part.get_payload(decode=True).decode()  # type: ignore[union-attr]
        found[str(part.get_param("name", header="content-disposition"))] = text
    return found


def told(given: Mapping[str, str], schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """Texts as the values that they stand for, by the types that the schema names."""
    types = resolved(schema, known).get("properties", {})
    return {name: _value(text, _types(types.get(name, {}), known)) for name, text in given.items()}


def resolved(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = known[schema["$ref"].removeprefix("#/$defs/")]
    return schema


def _types(schema: Mapping[str, Any], known: Mapping[str, Any]) -> set[str]:
    schema = resolved(schema, known)
    named = schema.get("type", [])
    found = {named} if isinstance(named, str) else set(named)
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        found |= _types(inner, known)
    return found


def _value(text: str, types: set[str]) -> Any:
    """A text that is none of the types stays one, so that it is found."""
    if types & {"array", "object"} and text[:1] in ("[", "{"):
        return json.loads(text)
    if "array" in types:
        return split(text)
    if types & {"integer", "number"} and text.lstrip("-").isdecimal():
        return int(text)
    if "boolean" in types:
        return {"true": True, "false": False}.get(text, text)
    return text


def split(text: str) -> Sequence[str]:
    """By commas; what stands in braces behind a name or in round brackets is its own affair, as
    Meta's fields have it."""
    depth, found = 0, [""]
    for sign in text:
        depth += (sign in "{(") - (sign in "})")
        if sign == "," and not depth:
            found.append("")
        elif not depth and sign not in "})":
            found[-1] += sign
    return [name.partition(".")[0] if "." in name and "limit" in name else name for name in found]
