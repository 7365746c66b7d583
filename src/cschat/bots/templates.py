"""Texts with variables, and conditions, in a closed language: a small part of Jinja's.

May: fill in what is known and compare it. May not: call, reach into objects, import, loop without bound or build anything large.

What is allowed is a list, of node types, filters and tests; all else is refused when the text is read, not when it runs. What is known is
plain data: values are looked up in mappings and lists only, never as attributes of objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from cschat.errors import CschatError, MissingExtra, ScenarioError

__all__ = ["MAX_OUTPUT", "MAX_SOURCE", "Condition", "Template", "condition", "template"]

MAX_SOURCE = 10_000
MAX_OUTPUT = 20_000
MAX_NODES = 500
MAX_DEPTH = 30
MAX_ROUNDS = 200
"""How many times the loops of one text may go round, all together."""
MAX_NUMBER = 10**15
MAX_TEXT = 20_000

_SIMPLE = re.compile(r"\{\{\s*([^\W\d]\w*)(?:\.([^\W\d]\w*))?\s*(?:\|\s*default\(\s*(?:'([^'\\{}%#]*)'|\"([^\"\\{}%#]*)\")\s*\)\s*)?\}\}")
_PLAIN_CONDITION = re.compile(r"\s*([^\W\d]\w*)(?:\.([^\W\d]\w*))?\s*(==|!=)\s*(?:'([^'\\]*)'|\"([^\"\\]*)\"|(-?\d{1,15}))\s*")
_WORDS = frozenset({"true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else", "loop", "self"})


class _Missing:
    """What is not known."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def _value(known: Mapping[str, Any], name: str, part: str | None) -> Any:
    if name not in known:
        return _Missing(name if part is None else f"{name}.{part}")
    value = known[name]
    if part is None:
        return value
    if isinstance(value, Mapping) and part in value:
        return value[part]
    return _Missing(f"{name}.{part}")


def _shown(value: Any) -> str:
    """A value as text; only plain data has one."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is int or kind is bool or value is None:
        return str(value)
    if kind is float:
        return str(int(value)) if value.is_integer() and abs(value) < MAX_NUMBER else str(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(item) for item in value[:MAX_ROUNDS])
    raise ScenarioError(reason=f"a {kind.__name__} cannot be said: name one of its parts")


class Template:
    """A text with variables. `variables` are the names that must be known, `optional` those with a fall-back."""

    __slots__ = ("_parts", "_run", "optional", "text", "variables")

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts: tuple[str | tuple[str, str | None, str | None], ...] | None = _simple(text)
        self._run: Callable[[Mapping[str, Any]], str] | None = None
        if self._parts is not None:
            names = [part for part in self._parts if not isinstance(part, str)]
            self.variables = frozenset(name for name, _, fallback in names if fallback is None)
            self.optional = frozenset(name for name, _, fallback in names if fallback is not None)
        else:
            self._run, self.variables, self.optional = _compiled(text)

    def render(self, known: Mapping[str, Any]) -> str:
        """The text with the variables filled in. `ScenarioError` if one is not known, or it grows too long."""
        if self._parts is None:
            return _bounded(_guarded(self._run, known))  # type: ignore[arg-type]
        said: list[str] = []
        for part in self._parts:
            if isinstance(part, str):
                said.append(part)
                continue
            name, attribute, fallback = part
            value = _value(known, name, attribute)
            if isinstance(value, _Missing):
                if fallback is None:
                    raise ScenarioError(reason=f"{value.name} is not known", variable=value.name)
                value = fallback
            said.append(_shown(value))
        return _bounded("".join(said))


def _simple(text: str) -> tuple[str | tuple[str, str | None, str | None], ...] | None:
    """A text of nothing but words and `{{ name }}`, `{{ name.part }}` or either with `| default('...')`, in parts; None: it has more."""
    if "{" not in text:
        return (text,)
    if len(text) > MAX_SOURCE:
        return None
    parts: list[str | tuple[str, str | None, str | None]] = []
    at = 0
    for match in _SIMPLE.finditer(text):
        name, attribute = match[1], match[2]
        if name in _WORDS or name.startswith("_") or (attribute or "").startswith("_"):
            return None
        parts.append(text[at : match.start()])
        fallback = match[3] if match[3] is not None else match[4]
        parts.append((name, attribute, fallback))
        at = match.end()
    parts.append(text[at:])
    rest = "".join(part for part in parts if isinstance(part, str))
    if "{{" in rest or "{%" in rest or "{#" in rest or "}}" in rest:
        return None
    return tuple(part for part in parts if part)


class Condition:
    """Something that holds or not. `variables` and `optional` as for a template."""

    __slots__ = ("_plain", "_run", "optional", "text", "variables")

    def __init__(self, text: str) -> None:
        self.text = text
        self._run: Callable[[Mapping[str, Any]], Any] | None = None
        match = _PLAIN_CONDITION.fullmatch(text)
        self._plain: tuple[str, str | None, bool, Any] | None = None
        if match is not None and match[1] not in _WORDS and not match[1].startswith("_") and not (match[2] or "").startswith("_"):
            wanted: Any = next(group for group in (match[4], match[5], match[6]) if group is not None)
            self._plain = (match[1], match[2], match[3] == "==", int(wanted) if match[6] is not None else wanted)
            self.variables: frozenset[str] = frozenset({match[1]})
            self.optional: frozenset[str] = frozenset()
        else:
            self._run, self.variables, self.optional = _compiled(text, expression=True)

    def holds(self, known: Mapping[str, Any]) -> bool:
        """Whether it holds. `ScenarioError` if something in it is not known, or cannot be compared."""
        if self._plain is None:
            return bool(_guarded(self._run, known))  # type: ignore[arg-type]
        name, part, equal, wanted = self._plain
        value = _value(known, name, part)
        if isinstance(value, _Missing):
            raise ScenarioError(reason=f"{value.name} is not known", variable=value.name)
        return (value == wanted) is equal


@lru_cache(maxsize=8192)
def template(text: str) -> Template:
    """The template of a text. `ScenarioError` if it is none, or uses what is not allowed."""
    return Template(text)


@lru_cache(maxsize=8192)
def condition(text: str) -> Condition:
    """The condition of a text. `ScenarioError` as for `template`."""
    return Condition(text)


def _bounded(said: str) -> str:
    if len(said) > MAX_OUTPUT:
        raise ScenarioError(reason=f"the text grows to more than {MAX_OUTPUT} letters")
    return said


def _guarded(run: Callable[[Mapping[str, Any]], Any], known: Mapping[str, Any]) -> Any:
    try:
        return run(known)
    except CschatError:
        raise
    except RecursionError as error:
        raise ScenarioError(reason="nested too deeply") from error
    except Exception as error:
        raise ScenarioError(reason=f"cannot be worked out: {error}") from error


# --------------------------------------------------------------------------------------------- what the language consists of


def _text_of(value: Any) -> str:
    text = _shown(value)
    if len(text) > MAX_TEXT:
        raise ScenarioError(reason="a text is too long to be worked with")
    return text


def _number_of(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ScenarioError(reason=f"{type(value).__name__} is no number")
    try:
        number = float(value) if isinstance(value, str) and "." in value else int(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ScenarioError(reason=f"{str(value)[:40]!r} is no number") from error
    if number != number or abs(number) > MAX_NUMBER:  # noqa: PLR0124  (not a number is the one that differs from itself)
        raise ScenarioError(reason="a number is too large")
    return number


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, (str, list, tuple)):
        return value
    raise ScenarioError(reason=f"a {type(value).__name__} is no list")


def _replace(value: Any, old: Any, new: Any) -> str:
    text, old, new = _text_of(value), _text_of(old), _text_of(new)
    if not old or len(text) + text.count(old) * len(new) > MAX_TEXT:
        raise ScenarioError(reason="that replacement is empty or makes the text too long")
    return text.replace(old, new)


def _truncate(value: Any, length: Any = 100) -> str:
    text, size = _text_of(value), int(_number_of(length))
    return text if len(text) <= size else text[: max(0, size - 1)] + "…"


_FILTERS: Mapping[str, Callable[..., Any]] = {
    "upper": lambda value: _text_of(value).upper(),
    "lower": lambda value: _text_of(value).lower(),
    "trim": lambda value: _text_of(value).strip(),
    "length": lambda value: len(value) if isinstance(value, Mapping) else len(_items(value)),
    "int": lambda value: int(_number_of(value)),
    "float": lambda value: float(_number_of(value)),
    "round": lambda value, digits=0: round(_number_of(value), min(6, max(0, int(_number_of(digits))))),
    "comma": lambda value: f"{_number_of(value):,}",
    "join": lambda value, between=", ": _text_of(between).join(_text_of(item) for item in _items(value)[:MAX_ROUNDS]),
    "first": lambda value: _items(value)[0],
    "last": lambda value: _items(value)[-1],
    "replace": _replace,
    "truncate": _truncate,
}
"""Besides `default`, which is part of the language: it stands for what is not known."""

_TESTS: Mapping[str, Callable[..., bool]] = {
    "none": lambda value: value is None,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
}
"""Besides `defined` and `undefined`."""


@cache
def _jinja() -> Any:
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtra('texts with logic need Jinja2: pip install "cschat[bots]"', extra="bots") from error
    return jinja2


def _compiled(text: str, *, expression: bool = False) -> tuple[Callable[[Mapping[str, Any]], Any], frozenset[str], frozenset[str]]:
    """Read a text with Jinja's parser, refuse what is not allowed, and make closures of the rest. Jinja itself never runs anything."""
    if len(text) > MAX_SOURCE:
        raise ScenarioError(reason=f"a text has at most {MAX_SOURCE} letters, not {len(text)}")
    jinja2 = _jinja()
    source = f"{{% if {text} %}}{{% endif %}}" if expression else text
    try:
        tree = jinja2.Environment(autoescape=False, keep_trailing_newline=True).parse(source)
    except jinja2.TemplateSyntaxError as error:
        raise ScenarioError(reason=f"cannot be read: {error.message}") from error
    except (RecursionError, ValueError, OverflowError, MemoryError) as error:
        raise ScenarioError(reason="cannot be read: nested too deeply or too large") from error
    reader = _Reader(jinja2.nodes)
    if expression:
        node: Any = tree.body[0] if len(tree.body) == 1 else None
        if not isinstance(node, jinja2.nodes.If) or node.body or node.elif_ or node.else_:
            raise ScenarioError(reason="a condition is one expression")
        run = reader.expression(node.test, 0)
        return (lambda known: _known(run(_Scope(known)))), frozenset(reader.needed), frozenset(reader.optional - reader.needed)
    block = reader.block(tree.body, 0)

    def render(known: Mapping[str, Any]) -> str:
        scope = _Scope(known)
        block(scope)
        return "".join(scope.said)

    return render, frozenset(reader.needed), frozenset(reader.optional - reader.needed)


class _Scope:
    """What one rendering knows, has said, and may still do."""

    __slots__ = ("known", "letters", "names", "rounds", "said")

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known
        self.names: dict[str, Any] = {}
        self.said: list[str] = []
        self.letters = 0
        self.rounds = 0

    def look(self, name: str) -> Any:
        if name in self.names:
            return self.names[name]
        return self.known[name] if name in self.known else _Missing(name)

    def say(self, text: str) -> None:
        self.letters += len(text)
        if self.letters > MAX_OUTPUT:
            raise ScenarioError(reason=f"the text grows to more than {MAX_OUTPUT} letters")
        self.said.append(text)


Run = Callable[[_Scope], Any]


def _known(value: Any) -> Any:
    if isinstance(value, _Missing):
        raise ScenarioError(reason=f"{value.name} is not known", variable=value.name)
    return value


class _Reader:
    """Turns the parsed text into closures; what has no method here is not part of the language."""

    def __init__(self, nodes: Any) -> None:
        self.nodes = nodes
        self.needed: set[str] = set()
        self.optional: set[str] = set()
        self.local: list[str] = []
        self.count = 0
        self.guarded = 0
        self.expressions: Mapping[type, Callable[[Any, int], Run]] = {
            nodes.Const: self._const,
            nodes.Name: self._name,
            nodes.Getattr: self._part,
            nodes.Getitem: self._item,
            nodes.Filter: self._filter,
            nodes.Test: self._test,
            nodes.Compare: self._compare,
            nodes.And: self._and,
            nodes.Or: self._or,
            nodes.Not: self._not,
            nodes.CondExpr: self._choice,
            nodes.Add: self._sum,
            nodes.Sub: self._sum,
            nodes.Mul: self._sum,
            nodes.Neg: self._negative,
            nodes.Concat: self._concat,
            nodes.List: self._list,
            nodes.Tuple: self._list,
        }

    # ------------------------------------------------------------------------------------------------------- statements

    def block(self, body: Sequence[Any], depth: int) -> Callable[[_Scope], None]:
        runs = [self.statement(node, depth + 1) for node in body]

        def run(scope: _Scope) -> None:
            for one in runs:
                one(scope)

        return run

    def statement(self, node: Any, depth: int) -> Callable[[_Scope], None]:
        self._step(node, depth)
        nodes = self.nodes
        if isinstance(node, nodes.Output):
            return self._output(node, depth)
        if isinstance(node, nodes.If):
            return self._if(node, depth)
        if isinstance(node, nodes.For):
            return self._for(node, depth)
        raise self._refused(node)

    def _output(self, node: Any, depth: int) -> Callable[[_Scope], None]:
        parts: list[str | Run] = [
            one.data if isinstance(one, self.nodes.TemplateData) else self.expression(one, depth + 1) for one in node.nodes
        ]

        def run(scope: _Scope) -> None:
            for part in parts:
                scope.say(part if isinstance(part, str) else _shown(_known(part(scope))))

        return run

    def _if(self, node: Any, depth: int) -> Callable[[_Scope], None]:
        cases = [(self.expression(case.test, depth + 1), self.block(case.body, depth + 1)) for case in (node, *node.elif_)]
        other = self.block(node.else_, depth + 1)

        def run(scope: _Scope) -> None:
            for test, body in cases:
                if _known(test(scope)):
                    return body(scope)
            return other(scope)

        return run

    def _for(self, node: Any, depth: int) -> Callable[[_Scope], None]:
        if not isinstance(node.target, self.nodes.Name) or node.recursive or node.test is not None:
            raise ScenarioError(reason="a loop is {% for name in list %} and nothing more")
        name = self._named(node.target.name)
        items = self.expression(node.iter, depth + 1)
        self.local.append(name)
        body = self.block(node.body, depth + 1)
        self.local.pop()
        other = self.block(node.else_, depth + 1)

        def run(scope: _Scope) -> None:
            found = _items(_known(items(scope)))
            before = scope.names.get(name, _Missing(name))
            for item in found:
                scope.rounds += 1
                if scope.rounds > MAX_ROUNDS:
                    raise ScenarioError(reason=f"loops go round at most {MAX_ROUNDS} times")
                scope.names[name] = item
                body(scope)
            scope.names.pop(name, None)
            if not isinstance(before, _Missing):
                scope.names[name] = before
            if not found:
                other(scope)

        return run

    # ------------------------------------------------------------------------------------------------------ expressions

    def expression(self, node: Any, depth: int) -> Run:
        self._step(node, depth)
        make = self.expressions.get(type(node))
        if make is None:
            raise self._refused(node)
        return make(node, depth + 1)

    def _step(self, node: Any, depth: int) -> None:
        self.count += 1
        if self.count > MAX_NODES or depth > MAX_DEPTH * 3:
            raise ScenarioError(reason="too large or nested too deeply")

    def _refused(self, node: Any) -> ScenarioError:
        return ScenarioError(reason=f"{type(node).__name__} is not part of the language of texts and conditions")

    def _named(self, name: str) -> str:
        if name.startswith("_") or name in ("self", "loop"):
            raise ScenarioError(reason=f"{name!r} is no name of a variable")
        return name

    def _const(self, node: Any, _depth: int) -> Run:
        value = node.value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            _number_of(value)
        elif not (value is None or isinstance(value, (bool, str))):
            raise self._refused(node)
        return lambda _scope: value

    def _name(self, node: Any, _depth: int) -> Run:
        name = self._named(node.name)
        if name not in self.local:
            (self.optional if self.guarded else self.needed).add(name)
        return lambda scope: scope.look(name)

    def _part(self, node: Any, depth: int) -> Run:
        whole, name, path = self.expression(node.node, depth), self._named(node.attr), self._path(node)
        return lambda scope: _part_of(whole(scope), name, path)

    def _path(self, node: Any) -> str:
        """How a part is called where it is missing."""
        if isinstance(node, self.nodes.Name):
            return str(node.name)
        return f"{self._path(node.node)}.{node.attr}" if isinstance(node, self.nodes.Getattr) else "a part"

    def _item(self, node: Any, depth: int) -> Run:
        whole, key = self.expression(node.node, depth), self.expression(node.arg, depth)

        def run(scope: _Scope) -> Any:
            name = _known(key(scope))
            if not isinstance(name, (str, int)) or (isinstance(name, str) and name.startswith("_")):
                raise ScenarioError(reason="a part is named by a text or a number")
            return _part_of(whole(scope), name, str(name))

        return run

    def _filter(self, node: Any, depth: int) -> Run:
        if node.node is None or node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise self._refused(node)
        if node.name in ("default", "d"):
            if len(node.args) != 1:
                raise ScenarioError(reason="default has one value: | default('...')")
            self.guarded += 1
            value = self.expression(node.node, depth)
            self.guarded -= 1
            other = self.expression(node.args[0], depth)
            return lambda scope: other(scope) if isinstance(found := value(scope), _Missing) else found
        if node.name not in _FILTERS:
            raise ScenarioError(reason=f"there is no filter {node.name!r} (there are default, {', '.join(_FILTERS)})")
        value, arguments, work = self.expression(node.node, depth), self._all(node.args, depth), _FILTERS[node.name]
        return lambda scope: work(_known(value(scope)), *[_known(argument(scope)) for argument in arguments])

    def _test(self, node: Any, depth: int) -> Run:
        if node.args or node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise self._refused(node)
        if node.name in ("defined", "undefined"):
            self.guarded += 1
            value = self.expression(node.node, depth)
            self.guarded -= 1
            wanted = node.name == "undefined"
            return lambda scope: isinstance(value(scope), _Missing) is wanted
        if node.name not in _TESTS:
            raise ScenarioError(reason=f"there is no test {node.name!r} (there are defined, undefined, {', '.join(_TESTS)})")
        value, work = self.expression(node.node, depth), _TESTS[node.name]
        return lambda scope: work(_known(value(scope)))

    def _compare(self, node: Any, depth: int) -> Run:
        first = self.expression(node.expr, depth)
        others = [(_COMPARE[one.op], self.expression(one.expr, depth)) for one in node.ops]

        def run(scope: _Scope) -> bool:
            left = _known(first(scope))
            for holds, other in others:
                right = _known(other(scope))
                if not holds(left, right):
                    return False
                left = right
            return True

        return run

    def _and(self, node: Any, depth: int) -> Run:
        left, right = self.expression(node.left, depth), self.expression(node.right, depth)
        return lambda scope: _known(left(scope)) and _known(right(scope))

    def _or(self, node: Any, depth: int) -> Run:
        left, right = self.expression(node.left, depth), self.expression(node.right, depth)
        return lambda scope: _known(left(scope)) or _known(right(scope))

    def _not(self, node: Any, depth: int) -> Run:
        value = self.expression(node.node, depth)
        return lambda scope: not _known(value(scope))

    def _choice(self, node: Any, depth: int) -> Run:
        test, yes = self.expression(node.test, depth), self.expression(node.expr1, depth)
        no: Run = (lambda _scope: "") if node.expr2 is None else self.expression(node.expr2, depth)
        return lambda scope: yes(scope) if _known(test(scope)) else no(scope)

    def _sum(self, node: Any, depth: int) -> Run:
        left, right = self.expression(node.left, depth), self.expression(node.right, depth)
        work = _ARITHMETIC[node.operator]
        return lambda scope: work(_known(left(scope)), _known(right(scope)))

    def _negative(self, node: Any, depth: int) -> Run:
        value = self.expression(node.node, depth)
        return lambda scope: -_plain_number(_known(value(scope)))

    def _concat(self, node: Any, depth: int) -> Run:
        parts = self._all(node.nodes, depth)
        return lambda scope: _text_of("".join(_text_of(_known(part(scope))) for part in parts))

    def _list(self, node: Any, depth: int) -> Run:
        items = self._all(node.items, depth)
        return lambda scope: [_known(item(scope)) for item in items]

    def _all(self, nodes: Sequence[Any], depth: int) -> list[Run]:
        return [self.expression(node, depth) for node in nodes]


def _part_of(whole: Any, name: str | int, path: str) -> Any:
    if isinstance(whole, _Missing):
        return _Missing(path)
    if isinstance(whole, Mapping) and name in whole:
        return whole[name]
    if isinstance(whole, (list, tuple)) and isinstance(name, int) and -len(whole) <= name < len(whole):
        return whole[name]
    return _Missing(path)


def _plain_number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ScenarioError(reason=f"{type(value).__name__} is no number")
    return _number_of(value)


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return _text_of(left + right) if len(left) + len(right) <= MAX_TEXT else _text_of("x" * (MAX_TEXT + 1))
    return _number_of(_plain_number(left) + _plain_number(right))


_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": lambda left, right: _number_of(_plain_number(left) - _plain_number(right)),
    "*": lambda left, right: _number_of(_plain_number(left) * _plain_number(right)),
}


def _ordered(work: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(left: Any, right: Any) -> bool:
        if isinstance(left, str) != isinstance(right, str):
            left, right = _number_of(left), _number_of(right)
        return work(left, right)

    return holds


def _within(item: Any, whole: Any) -> bool:
    if isinstance(whole, Mapping):
        return item in whole
    if isinstance(whole, str):
        return _text_of(item) in whole
    return item in _items(whole)


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "lt": _ordered(lambda left, right: left < right),
    "lteq": _ordered(lambda left, right: left <= right),
    "gt": _ordered(lambda left, right: left > right),
    "gteq": _ordered(lambda left, right: left >= right),
    "in": _within,
    "notin": lambda item, whole: not _within(item, whole),
}
