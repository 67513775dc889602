"""Every condition of the application that holds a statement, or a row, to an organisation or a person,
found in its source; and a way to take some of them away in memory, while nothing else changes."""

import ast
import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from sqlalchemy import ColumnElement, literal

import app

APP = Path(app.__file__).parent
ORGANIZATION = "organization_id"
KEYS = (ORGANIZATION, "user_id", "person_id", "actor_id", "subject_id", "operator_id", "wall_id")
DEMO = APP / "demo"  # fills an empty instance; asks for nobody
Judge = Callable[[str, Any], Any]
judges: dict[str, Judge] = {}  # by the condition's name: what it answers in its place


@dataclass(frozen=True)
class Condition:
    """`X.organization_id == ...` in a function, or in a statement that a module builds once."""

    path: Path
    place: str
    text: str
    key: str
    line: int
    column: int
    refuses: bool = False  # `if X.user_id != ...: raise`: what it asks for is that it isn't so

    @property
    def name(self) -> str:
        return f"{self.path.relative_to(APP)} {self.place}: {self.text}"

    @property
    def is_asked_anew(self) -> bool:
        """It stands in a function, and is looked at whenever that is called."""
        return not self.place.isupper()

    def __str__(self) -> str:
        return self.name

    def is_at(self, node: ast.AST) -> bool:
        return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)) == (
            self.line,
            self.column,
        )


@lru_cache(maxsize=1)
def conditions() -> tuple[Condition, ...]:
    paths = sorted(path for path in APP.rglob("*.py") if DEMO not in path.parents)
    found = [one for path in paths for one in _conditions_of(path)]
    assert len({one.name for one in found}) == len(found), "two conditions of one name"
    return tuple(found)


def _conditions_of(path: Path) -> Iterator[Condition]:
    said: Counter[tuple[str, str]] = Counter()
    for outer, name in _places(ast.parse(path.read_text())):
        refusing = _refusing(outer)
        for node in ast.walk(outer):
            if isinstance(node, ast.Compare) and (key := _key(node)):
                where = node.lineno, node.col_offset
                again = said[name, text := ast.unparse(node)]
                said[name, text] += 1
                text += " (again)" * again
                yield Condition(path, name, text, key, *where, node in refusing)


def _refusing(outer: ast.AST) -> set[ast.AST]:
    """The `!=` of statements that go on where it isn't so."""
    tests = [node.test for node in ast.walk(outer) if isinstance(node, ast.If)]
    inner = [node for test in tests for node in ast.walk(test) if isinstance(node, ast.Compare)]
    return {node for node in inner if isinstance(node.ops[0], ast.NotEq)}


def _places(tree: ast.AST, within: str = "") -> Iterator[tuple[ast.AST, str]]:
    """Functions, methods, and what else stands in a module or a class; no function in a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _places(node, f"{within}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, f"{within}{node.name}"
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node, f"{within}{node.targets[0].id}"


def _key(node: ast.Compare) -> str:
    """Which key it compares; empty for any other comparison."""
    if not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return ""
    for side in (node.left, node.comparators[0]):
        if isinstance(side, ast.Attribute) and side.attr in KEYS:
            return side.attr
    return ""


@contextmanager
def judged(chosen: Iterable[Condition], judge: Judge) -> Iterator[None]:
    """What these conditions answer is first shown to `judge`, whose answer counts."""
    undo: list[Callable[[], None]] = []
    by_path: dict[Path, list[Condition]] = {}
    for one in chosen:
        by_path.setdefault(one.path, []).append(one)
        judges[one.name] = judge
    try:
        for path, some in by_path.items():
            undo += _swap(path, some)
        yield
    finally:
        for back in reversed(undo):
            back()
        judges.clear()


def removed(*chosen: Condition) -> Any:
    """Without these conditions: what they ask for is so, whatever the row says."""
    refusing = {one.name for one in chosen if one.refuses}

    def let_through(name: str, held: Any) -> Any:
        is_so = name not in refusing
        return literal(is_so) if isinstance(held, ColumnElement) else is_so

    return judged(chosen, let_through)


class _Asking(ast.NodeTransformer):
    """Puts `judges[name](name, condition)` where the condition stands; names and closures stay."""

    def __init__(self, chosen: list[Condition]) -> None:
        self.chosen = chosen

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        found = next((one for one in self.chosen if one.is_at(node)), None)
        if found is None:
            return self.generic_visit(node)
        asks = ast.parse(f"__import__({__name__!r}, fromlist=['judges']).judges[{found.name!r}]")
        [statement] = asks.body
        assert isinstance(statement, ast.Expr)
        call = ast.Call(statement.value, [ast.Constant(found.name), node], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))


def _swap(path: Path, chosen: list[Condition]) -> Iterator[Callable[[], None]]:
    """Swap the code of functions, and the values that the module has built; what undoes each."""
    tree = _Asking(chosen).visit(ast.parse(path.read_text()))
    codes = _by_place(compile(tree, str(path), "exec"))
    for place in {one.place for one in chosen}:
        if place in codes:
            yield from _swap_code(path, place, codes[place])
        else:
            yield from _swap_value(_module(path), place, tree)


def _by_place(code: CodeType) -> dict[str, CodeType]:
    found = {}
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found |= {inner.co_qualname: inner} | _by_place(inner)
    return found


def _swap_code(path: Path, place: str, code: CodeType) -> Iterator[Callable[[], None]]:
    for one in _living()[str(path), place]:
        before, one.__code__ = one.__code__, code
        yield partial(setattr, one, "__code__", before)


@lru_cache(maxsize=1)
def _living() -> dict[tuple[str, str], list[FunctionType]]:
    """The application's functions, wherever decorators have put them."""
    for path in {one.path for one in conditions()}:
        _module(path)
    gc.unfreeze()  # what `wsgi` has set aside is not among the objects
    found: dict[tuple[str, str], list[FunctionType]] = {}
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename.startswith(str(APP)):
            found.setdefault((one.__code__.co_filename, one.__code__.co_qualname), []).append(one)
    return found


def _swap_value(module: ModuleType, name: str, tree: ast.Module) -> Iterator[Callable[[], None]]:
    """With what else the module builds from it, and in every module that has imported one."""
    names, changed = dict(vars(module)), {name}
    for outer, built in _places(tree):
        used = {node.id for node in ast.walk(outer) if isinstance(node, ast.Name)}
        if isinstance(outer, ast.Assign) and used & changed:
            changed.add(built)
            exec(compile(ast.Module([outer], []), str(module.__file__), "exec"), names)
    for one in changed:
        before = vars(module)[one]
        for other in [found for title, found in sys.modules.items() if title.startswith("app.")]:
            if vars(other).get(one) is before:
                setattr(other, one, names[one])
                yield partial(setattr, other, one, before)


def _module(path: Path) -> ModuleType:
    return import_module(".".join(("app", *path.relative_to(APP).with_suffix("").parts)))
