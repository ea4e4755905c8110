"""One walk through a syntax tree that notes what all analyzers need."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from whet.codebase.structure.bodies import body_hashes
from whet.codebase.structure.facts import (
    CallFacts,
    ClassFacts,
    FileFacts,
    FunctionFacts,
    LiteralFacts,
)
from whet.codebase.structure.lexing import HashedLine, logical_lines
from whet.codebase.structure.names import imports_of
from whet.codebase.structure.nodes import (
    class_names,
    decisions_of,
    defaults,
    dotted,
    is_endless,
    is_promise,
    kind_of,
    last_name,
    meaningful,
    parameters,
    texts,
)
from whet.codebase.structure.surface import surface_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet.codebase.structure.names import Import
    from whet.codebase.syntax import SourceModule

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_ASKING = frozenset({"hasattr", "getattr", "setattr", "delattr"})
_TESTS = frozenset({"test", "tests", "testing"})
_FIELDS: dict[type, tuple[str, ...]] = {}
_IDLE = frozenset({"ctx", "op", "ops", "kind", "type_comment", "is_async", "level", "simple"})


@dataclass(slots=True)
class _Around:
    """What is around a node.

    Attributes:
        prefix: Of qualified names.
        function: The innermost function, for its complexity and names.
        owner: The class whose body this is directly in; None inside of functions.
        method: The method, also for functions nested in it.
        itself: The name of the instance in that method.
        within: The class of that method.
    """

    prefix: str = ""
    function: FunctionFacts | None = None
    owner: ClassFacts | None = None
    method: FunctionFacts | None = None
    itself: str = ""
    within: ClassFacts | None = None


def facts_of(module: SourceModule, name: str) -> FileFacts:
    """What was found in a module that has a tree.

    Args:
        module: The file.
        name: Its dotted name.
    """
    facts = FileFacts(module.file, name, is_test(module.file))
    if module.tree is None:
        return facts
    lines = logical_lines(module.text)
    facts.imports = imports_of(module, name)
    facts.surface = surface_of(module.tree)
    _Walk(facts).through(module.tree)
    facts.bodies = body_hashes(facts.functions, lines)
    facts.code_lines = sum(line.end - line.start + 1 for line in lines)
    facts.lines = [HashedLine(a, b, hash(tokens), len(tokens)) for a, b, tokens in lines]
    return facts


def is_test(file: str) -> bool:
    """Whether a file holds tests: repetition and size mean little there."""
    path = PurePosixPath(file)
    named = path.stem.startswith("test_") or path.stem.endswith("_test")
    return named or path.stem in {"conftest", "tests"} or bool(_TESTS & set(path.parts))


def _is_standard(found: Import) -> bool:
    """Whether an import is of the standard library, so of no module of the project."""
    return found.target.partition(".")[0] in sys.stdlib_module_names


class _Walk:
    """The walk through one tree."""

    def __init__(self, facts: FileFacts) -> None:
        self.facts = facts
        self.imported = {each.bound for each in facts.imports}
        self.asked_of = {each.bound for each in facts.imports if not _is_standard(each)}
        self.stack: list[tuple[ast.AST, _Around]] = []

    def through(self, tree: ast.Module) -> None:
        """Note everything below a module."""
        top = _Around()
        self.stack.extend((node, top) for node in reversed(tree.body))
        while self.stack:
            node, around = self.stack.pop()
            if around.function is not None and isinstance(node, ast.stmt):
                around.function.statements += 1
            handle = _HANDLERS.get(type(node))
            if handle is None:
                self.push(node, around)
            else:
                handle(self, node, around)
        for kind in self.facts.classes:
            kind.join()

    def push(self, node: ast.AST, around: _Around, without: str = "") -> None:
        """Go on with the children of a node."""
        kind = type(node)
        fields = _FIELDS.get(kind)
        if fields is None:
            fields = _FIELDS[kind] = tuple(f for f in node._fields if f not in _IDLE)
        stack = self.stack
        for name in fields:
            value = getattr(node, name, None)
            if name == without:
                continue
            if isinstance(value, list):
                stack.extend((each, around) for each in value if isinstance(each, ast.AST))
            elif isinstance(value, ast.AST):
                stack.append((value, around))

    def function(self, node: _Function, around: _Around) -> None:
        """A function or method."""
        arguments = node.args
        names = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
        kind = kind_of(node)
        owner = around.owner
        bound = owner is not None and kind != "static" and bool(names)
        facts = FunctionFacts(
            name=around.prefix + node.name,
            line=node.lineno,
            end_line=node.end_lineno or node.lineno,
            kind=kind,
            positional=len(names) - bound,
            local=parameters(arguments),
            promised=is_promise(node),
        )
        self.facts.functions.append(facts)
        inside = _Around(f"{facts.name}.<locals>.", facts, None, facts, "", owner)
        if owner is not None:
            owner.parts.append(facts)
            inside.itself = names[0] if bound else ""
        elif around.method is not None and around.itself not in facts.local:
            inside.method, inside.itself = around.method, around.itself
            inside.within = around.within
        for each in (*node.decorator_list, *defaults(arguments)):
            self.stack.append((each, around))
        self.stack.extend((each, inside) for each in reversed(node.body))

    def class_(self, node: ast.ClassDef, around: _Around) -> None:
        """A class."""
        facts = ClassFacts(
            name=around.prefix + node.name,
            line=node.lineno,
            end_line=node.end_lineno or node.lineno,
            bases=tuple(dotted(base) for base in node.bases),
            decorators=tuple(dotted(each) for each in node.decorator_list),
        )
        self.facts.classes.append(facts)
        inside = _Around(f"{facts.name}.", around.function, facts)
        for each in (*node.decorator_list, *node.bases, *node.keywords):
            self.stack.append((each, around))
        self.stack.extend((each, inside) for each in reversed(node.body))

    def attribute(self, node: ast.Attribute, around: _Around) -> None:
        """An attribute that is not called."""
        value, method = node.value, around.method
        if isinstance(value, ast.Name):
            stored = not isinstance(node.ctx, ast.Load)
            if method is not None and value.id == around.itself and around.itself:
                (method.writes if stored else method.reads).add(node.attr)
                return
            self._note_private(value.id, node, around)
            if method is not None and value.id not in self.imported and value.id[:1].islower():
                method.foreign.add(node.attr)
        elif method is not None and isinstance(value, ast.Attribute):
            method.foreign.add(node.attr)
        self.stack.append((value, around))

    def call(
        self,
        node: ast.Call,
        around: _Around,
        unpacked: int = 0,
        *,
        discarded: bool = False,
    ) -> None:
        """A call; what is called is a method or function, no data."""
        function = node.func
        name = ""
        if isinstance(function, ast.Attribute):
            name = function.attr
            self._note_method(function, around)
        elif isinstance(function, ast.Name):
            name = function.id
            self.stack.append((function, around))
            self._note_question(name, node, around)
        else:
            self.stack.append((function, around))
        if name:
            given = None if any(isinstance(a, ast.Starred) for a in node.args) else len(node.args)
            caller = around.function.name if around.function else ""
            plain = isinstance(function, ast.Name)
            self.facts.calls.append(
                CallFacts(name, given, unpacked, node.lineno, caller, plain, discarded)
            )
        self.push(node, around, without="func")

    def _note_method(self, function: ast.Attribute, around: _Around) -> None:
        value = function.value
        if isinstance(value, ast.Name):
            if around.itself and value.id == around.itself and around.method is not None:
                around.method.calls.add(function.attr)
                return
            self._note_private(value.id, function, around)
        self.stack.append((value, around))

    def _note_private(self, owner: str, node: ast.Attribute, around: _Around) -> None:
        name = node.attr
        if owner in self.asked_of and isinstance(node.ctx, ast.Load):
            where = around.function.name if around.function else ""
            self.facts.asked.append((owner, name, node.lineno, where))
        if owner in self.imported and name.startswith("_") and not name.startswith("__"):
            self.facts.privates.append((owner, name, node.lineno))

    def _note_question(self, name: str, node: ast.Call, around: _Around) -> None:
        if len(node.args) < 2:  # noqa: PLR2004 -- the object and what is asked of it
            return
        asked = node.args[1]
        if name == "isinstance" and around.function is not None:
            around.function.tested.update(class_names(asked))
        elif name in _ASKING and around.within is not None:
            around.within.dynamic.update(texts(asked))

    def name(self, node: ast.Name, around: _Around) -> None:
        """A plain name."""
        if isinstance(node.ctx, ast.Load):
            if around.itself and node.id == around.itself and around.method is not None:
                around.method.whole = True
            return
        if around.owner is not None:
            around.owner.values.add(node.id)
        elif around.function is not None:
            around.function.local.add(node.id)

    def compare(self, node: ast.Compare, around: _Around) -> None:
        """A comparison; with a literal it gives that literal a meaning."""
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            right = node.comparators[0]
            self._note_literal(node.left, right, around)
            self._note_literal(right, node.left, around)
        self.push(node, around)

    def _note_literal(self, subject: ast.expr, literal: ast.expr, around: _Around) -> None:
        value = meaningful(literal)
        name = last_name(subject)
        root = dotted(subject).partition(".")[0]
        if value is None or not name or name.startswith("__") or root in self.imported:
            return
        where = around.function.name if around.function else ""
        self.facts.literals.append(LiteralFacts(name, value, literal.lineno, where))

    def assign(self, node: ast.Assign, around: _Around) -> None:
        """An assignment; it may take the result of a call apart."""
        target = node.targets[0]
        taken = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Call)
        if not taken:
            self.push(node, around)
            return
        assert isinstance(target, ast.Tuple)  # noqa: S101 -- just looked at
        assert isinstance(node.value, ast.Call)  # noqa: S101 -- same
        starred = any(isinstance(each, ast.Starred) for each in target.elts)
        self.push(node, around, without="value")
        self.call(node.value, around, 0 if starred else len(target.elts))

    def expression(self, node: ast.Expr, around: _Around) -> None:
        """An expression that stands alone: nobody takes what it gives."""
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Call):
            self.call(value, around, discarded=True)
        else:
            self.push(node, around)

    def loop(self, node: ast.While, around: _Around) -> None:
        """A loop on a condition; one that nothing ends is noted."""
        if is_endless(node):
            where = around.function.name if around.function else ""
            self.facts.endless.append((where, node.lineno, node.end_lineno or node.lineno))
        self.decision(node, around)

    def returned(self, node: ast.Return, around: _Around) -> None:
        """A return; tuples of one length are a contract on positions."""
        if around.function is not None:
            value = node.value
            nothing = value is None or (isinstance(value, ast.Constant) and value.value is None)
            around.function.answers = around.function.answers or not nothing
            starred = isinstance(value, ast.Tuple) and any(
                isinstance(each, ast.Starred) for each in value.elts
            )
            length = len(value.elts) if isinstance(value, ast.Tuple) and not starred else 0
            known = around.function.returned
            around.function.returned = length if known in {None, length} else 0
        self.push(node, around)

    def decision(self, node: ast.AST, around: _Around) -> None:
        """A branch or loop."""
        if around.function is not None:
            around.function.complexity += decisions_of(node)
        if isinstance(node, ast.ExceptHandler) and around.method is not None:
            caught = set(class_names(node.type))
            if node.type is None or caught & {"AttributeError", "Exception"}:
                around.method.forgiving = True
        self.push(node, around)

    def class_pattern(self, node: ast.MatchClass, around: _Around) -> None:
        """A class pattern asks for a class as `isinstance` does."""
        if around.function is not None:
            around.function.tested.update(class_names(node.cls))
        self.push(node, around)


_HANDLERS: dict[type, Callable[..., None]] = {
    ast.FunctionDef: _Walk.function,
    ast.AsyncFunctionDef: _Walk.function,
    ast.ClassDef: _Walk.class_,
    ast.Attribute: _Walk.attribute,
    ast.Call: _Walk.call,
    ast.Name: _Walk.name,
    ast.Compare: _Walk.compare,
    ast.Assign: _Walk.assign,
    ast.Expr: _Walk.expression,
    ast.Return: _Walk.returned,
    ast.While: _Walk.loop,
    ast.MatchClass: _Walk.class_pattern,
    **dict.fromkeys(
        (ast.If, ast.For, ast.AsyncFor, ast.ExceptHandler, ast.IfExp, ast.match_case,
         ast.BoolOp, ast.comprehension),
        _Walk.decision,
    ),
}  # fmt: skip
