"""Tables of the reference pages, made from the classes they are about."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import attrs
import click
import msgspec

from cschat import commands, errors, queries
from cschat.bots.scenario import ANSWER_TYPES, PRIORITIES
from cschat.bots.scenario import KINDS as SCENARIO_STEPS
from cschat.commands.protocol import fits
from cschat.core import events
from cschat.core.access import GRANTS, Permission
from cschat.core.brand import Brand
from cschat.core.people import Role
from cschat.core.records import PERSONAL, STAFF, Field, Record, evolve, fields_of
from cschat.core.session import Session, State, opened
from cschat.kinds import CORE_KINDS
from cschat.queries.protocol import shown
from cschat.sight import Who
from cschat.simulate import Figures
from cschat.stats.metrics import METRICS
from cschat.storage.codec import instant_fields
from cschat.storage.tables import plural
from cschat.web import Limits, limits
from cschat.web.entering import NoInfo
from cschat.web.gateway import ROUTES
from cschat.web.site import UnsupportedType
from cschat.web.tokens import Unidentified
from cschat.web.wire import commands_of_the_web, queries_of_the_web
from cschat.web.wsgi import NoThread

COMMAND_MODULES = (
    "opening",
    "talking",
    "delaying",
    "waiting",
    "owning",
    "distributing",
    "presence",
    "attending",
    "ending",
    "sorting",
    "bulk",
    "customers",
    "team",
    "settings",
    "hours",
    "shifts",
    "scenarios",
    "knowledge",
    "rules",
    "alerts",
    "webhooks",
    "announcements",
    "campaigns",
    "mail_reports",
    "reports",
    "views",
    "ledger",
    "outgoing",
    "waking",
)
QUERY_MODULES = (
    "sessions",
    "attending",
    "explaining",
    "lists",
    "views",
    "delayed",
    "bulk",
    "customers",
    "knowledge",
    "team",
    "hours",
    "front",
    "scenarios",
    "rules",
    "journey",
    "surges",
    "reports",
    "dashboard",
    "summary",
    "outgoing",
    "announcements",
    "campaigns",
    "ledger",
    "history",
    "exporting",
    "tables",
    "trends",
    "health",
    "operating",
)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "-"


def _doc(thing: Any) -> str:
    """A docstring's first paragraph on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


# --------------------------------------------------------------------------------------------------------------- errors


def error_tree() -> str:
    """Every error below its parent, with its code and status."""

    def rows(kind: type[errors.CschatError], depth: int) -> Iterator[tuple[str, ...]]:
        yield (f"{'&emsp;' * depth}`{kind.__name__}`", f"`{kind.code}`", str(kind.status_hint), _doc(kind))
        for child in kind.__subclasses__():
            if child.__module__ == errors.__name__:
                yield from rows(child, depth + 1)

    return _table(("error", "code", "status", "means"), rows(errors.CschatError, 0))


# ------------------------------------------------------------------------------------------------------------------ web


def web_routes() -> str:
    """Every path below the mount point."""
    rows = ((f"`{route.method}`", f"`{route.path}`", _doc(route.handler)) for route in ROUTES)
    return _table(("", "path", "answers"), rows)


def web_customers() -> str:
    """The commands and queries that a customer's token reaches, and how many it does not."""

    def row(word: str, kinds: Mapping[str, type[Any]]) -> tuple[str, ...]:
        open_ = sorted(name for name, kind in kinds.items() if Role.CUSTOMER in GRANTS[kind.permission])
        return word, ", ".join(f"`{name}`" for name in open_), str(len(kinds) - len(open_))

    return _table(("", "a customer's token reaches", "agents only"), [row("do", commands_of_the_web()), row("ask", queries_of_the_web())])


def web_host_only() -> str:
    """The commands and queries that nobody on the web reaches."""
    known = {**commands_of_the_web(), **queries_of_the_web()}
    return ", ".join(
        f"`{name}`" for name in sorted(kind.__name__ for kind in (*commands.COMMANDS, *queries.QUERIES) if kind.__name__ not in known)
    )


def web_limits() -> str:
    """How often one may ask unless the host says otherwise."""
    rates = ((field.name, getattr(Limits(), field.name)) for field in attrs.fields(Limits))
    return _table(
        ("limit", "in the long run", "at once"), ((f"`{name}`", f"{rate.per_second:g} a second", f"{rate.burst:,}") for name, rate in rates)
    )


def web_errors() -> str:
    """The errors that only the gateway knows."""
    kinds = (
        limits.MalformedRequest,
        Unidentified,
        limits.TooLarge,
        limits.LongAddress,
        UnsupportedType,
        limits.LongHeaders,
        NoInfo,
        NoThread,
    )
    return _table(
        ("error", "code", "status", "means"),
        ((f"`{kind.__name__}`", f"`{kind.code}`", str(kind.status_hint), _doc(kind)) for kind in kinds),
    )


# --------------------------------------------------------------------------------------------------------------- access

_PERSONS = {
    "customer": Who(Role.CUSTOMER, "cus_own"),
    "owner": Who(Role.AGENT, "agt_owner"),
    "agent": Who(Role.AGENT, "agt_other"),
    "admin": Who(Role.ADMIN, "agt_admin"),
    "system": Who(Role.SYSTEM),
    "host": Who(Role.HOST),
}


def grants() -> str:
    """Which role has which permission."""
    rows = ((f"`{permission.name}`", *("yes" if role in GRANTS[permission] else "" for role in Role)) for permission in Permission)
    return _table(("permission", *(str(role) for role in Role)), rows)


def _who(command: Any) -> str:
    if not _on_session(command):
        return _roles(command)
    able = {name: _states(command, who) for name, who in _PERSONS.items()}
    if able["agent"]:
        del able["owner"]
    return _listed(name for name, states in able.items() if states)


def _roles(thing: Any) -> str:
    return _listed(str(role) for role in Role if role in GRANTS[thing.permission])


def _listed(names: Iterable[str]) -> str:
    names = tuple(names)
    return "everyone" if set(names) == set(Role) else ", ".join(names)


def _where(command: Any) -> str:
    if not _on_session(command):
        return "-"
    states = set.union(*(_states(command, who) for who in _PERSONS.values()))
    return "any state" if len(states) == len(State) else ", ".join(state.name for state in State if state in states)


def _states(command: Any, who: Who) -> set[State]:
    return {state for state in State if fits(command, _session(state), who)}


def _on_session(command: Any) -> bool:
    return any(field.name == "session" for field in attrs.fields(command))


def _session(state: State) -> Session:
    begun = opened(events.Event("brd_x", "ses_x", 1, 0, "customer:cus_own", events.Opened("cus_own", "web")))
    return evolve(begun, state=state, agent="agt_owner" if state in (State.ACTIVE, State.WRAP_UP) else None)


# ------------------------------------------------------------------------------------------------------------- commands


def command_table(module: str) -> str:
    """The commands of one module: who may, in which states, what is recorded."""
    rows = (
        (f"[`{name}`](#cschat.commands.{name})", f"`{command.permission.name}`", _who(command), _where(command), _code(recorded(command)))
        for name, command in _members(import_module(f"cschat.commands.{module}"), commands.COMMANDS)
    )
    return _table(("command", "permission", "by", "in", "may record"), rows)


def class_list(package: str, module: str, known: tuple[type, ...]) -> str:
    """Autodoc directives for the commands or queries of one module."""
    names = [name for name, _ in _members(import_module(f"cschat.{package}.{module}"), known)]
    return "\n".join(["```{eval-rst}", "\n\n".join(f".. autoclass:: cschat.{package}.{name}\n   :no-members:" for name in names), "```"])


def _members(module: ModuleType, known: tuple[type, ...]) -> Iterator[tuple[str, Any]]:
    return ((name, kind) for name, kind in vars(module).items() if kind in known and kind.__module__ == module.__name__)


def recorded(command: type) -> list[str]:
    """The events that a command's code makes, in itself or in the functions that it calls; in the order of `BODIES`."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    _follow(command.__module__, command.__name__, found, seen)
    return [name for name in events.BODIES if name in found]


def _follow(module: str, name: str, found: set[str], seen: set[tuple[str, str]]) -> None:
    """Add the events that a function or class makes, and follow what it names."""
    defined, imported = _source(module)
    if name in imported:
        return _follow(*imported[name], found, seen)
    if name not in defined or (module, name) in seen:
        return None
    seen.add((module, name))
    for node in ast.walk(defined[name]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            if node.func.value.id == "e":
                found.add(node.func.attr)
            elif node.func.value.id in ("ctx", "self"):
                _follow("cschat.commands.protocol", f"Context.{node.func.attr}", found, seen)
        elif isinstance(node, ast.Name) and node.id != "Context":  # followed method by method: as a whole it is every way of recording
            _follow(module, node.id, found, seen)
    return None


@cache
def _source(module: str) -> tuple[dict[str, ast.AST], dict[str, tuple[str, str]]]:
    """The functions and classes of a module by name (methods as `Class.method`), and what it imports from other command modules."""
    tree = ast.parse(inspect.getsource(import_module(module)))
    defined: dict[str, ast.AST] = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    for node in list(defined.values()):
        if isinstance(node, ast.ClassDef):
            defined |= {f"{node.name}.{item.name}": item for item in node.body if isinstance(item, ast.FunctionDef)}
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cschat.commands."))
    return defined, {name.name: (str(node.module), name.name) for node in imports for name in node.names}


# -------------------------------------------------------------------------------------------------------------- queries


def query_table(module: str) -> str:
    """The queries of one module: who may ask, what is answered."""
    rows = (
        (f"[`{name}`](#cschat.queries.{name})", f"`{query.permission.name}`", _roles(query), f"`{_answer(query)}`")
        for name, query in _members(import_module(f"cschat.queries.{module}"), queries.QUERIES)
    )
    return _table(("query", "permission", "by", "answer"), rows)


def _answer(query: Any) -> str:
    return str(inspect.signature(query.run).return_annotation).replace("e.Event", "Event").replace(" | ", " or ")


# --------------------------------------------------------------------------------------------------------------- events


def event_table(about: str) -> str:
    """The events of sessions, of people or of settings: what happened, what they carry, whether a customer sees them."""
    bodies = {"sessions": events.SESSION_BODIES, "other": [body for body in events.BODIES.values() if body not in events.SESSION_BODIES]}[
        about
    ]
    rows = (
        (f"`{body.__name__}`", _doc(body), _fields(body), *(("yes" if _seen(body) else "",) if about == "sessions" else ()))
        for body in bodies
    )
    return _table(("event", "what happened", "carries", *(("customers see it",) if about == "sessions" else ())), rows)


def _fields(kind: type) -> str:
    return ", ".join(f"`{field.name}`{_marks(field)}" for field in fields_of(kind)) or "-"


def _marks(field: Field) -> str:
    return " ".join(sign for mark, sign in ((PERSONAL, "¹"), (STAFF, "²")) if mark in field.marks)


def _seen(body: type) -> bool:
    """Whether a customer is shown such an event."""
    made = body(**{field.name: "" if field.default is msgspec.NODEFAULT else field.default for field in fields_of(body)})
    return shown(events.Event("brd_x", "ses_x", 1, 0, "system", made), Role.CUSTOMER) is not None


# -------------------------------------------------------------------------------------------------------------- records


def record_table(name: str) -> str:
    """The fields of a record class."""
    kind: type[Record] = {kind.kind: kind for kind in CORE_KINDS}[name]
    rows = ((f"`{field.name}`{_marks(field)}", f"`{_type(kind, field)}`", _default(field)) for field in fields_of(kind))
    return _table(("field", "type", "default"), rows)


def _type(kind: type, field: Field) -> str:
    bare = re.sub(r"^Annotated\[(.*?)(, (PERSONAL|STAFF))+\]$", r"\1", kind.__annotations__[field.name])
    return bare.replace("e.BotCursor", "BotCursor").replace(" | ", " or ")


def _default(field: Field) -> str:
    if field.default is msgspec.NODEFAULT:
        return ""
    if isinstance(field.default, msgspec.Struct):
        return f"`{type(field.default).__name__}()`"
    return f"`{_plain(field.default)!r}`"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value.value if isinstance(value, StrEnum) else value


_SETTINGS = {
    "name": "What the brand is called. For people; the desk does not use it.",
    "language": 'The language of the desk\'s own sentences for a customer whose language is not known: `"ko"`, or English for any other.',
    "zone": "The brand's time zone, in which opening hours and shifts are unless they name another.",
    "accepting": "Whether requests for a person are accepted: `auto` if the hours say open and somebody is available, "
    "`open` always, `closed` never.",
    "grace": "For how many seconds after the end a customer's message is only appended and reopens nothing.",
    "reopening": 'What a customer\'s message does after the grace, by channel; `"*"` is every other channel. '
    "`same_session`, `new_session` or `never`.",
    "reopen_window": "For how many seconds after the end `same_session` holds; after it the message begins a new session.",
    "wrap_up_limit": "After how many seconds an open wrap-up is closed by the desk. `0` in the command: no limit.",
    "seen_fence": "Refuse an agent's message whose `seen` is behind what customers or colleagues have said since.",
    "end_when_gone": "Whether `LeavePage` ends a session.",
    "entry": "Which scenario a new session begins with: rules, of which the first that fits counts. None fits: straight to people.",
    "beside": 'The scenario that begins beside people when a session is `"queued"`, `"assigned"` or `"ended"`.',
    "absence": "What a customer who asks for a person while nobody can come is offered: `intake` to leave a message, "
    "`refuse` to come again.",
    "intake_texts": "What that customer is told, by reason (`closed`, `lunch`, `holiday`, `nobody`, `overflow`, `suspended`), or by reason "
    "and language (`closed/en`). `{opening}` is the next opening. Where it has none, the desk has its own words.",
    "workspace_url": 'The page of a session for staff, to which alerts link, with `{session}` where its id belongs. `""`: no links.',
    "delay_live": "Whether agents may delay their replies in live talks too, and not only where an answer was promised for later.",
    "opt_out_url": 'The page where customers opt out of marketing, with `{recipient}` in it. `""`: there is none, and no marketing.',
    "short_wait": "Who leaves the queue in fewer seconds than this has hardly waited: statistics show it apart (`abandoned_short`).",
    "look": "What customers see: a `Look` of `colour` (`#rrggbb`), `logo`, `greeting` and `launcher` (texts by language), `position` "
    "(`right` or `left`). A logo is an address, or a path on your own site.",
    "guest_form": "What a guest is asked first: fields with `name`, `label`, `type` and `required`. A name of the profile (`name`, "
    "`phone`, `email`, ...) is kept there; any other is a custom attribute, which customers may then set.",
    "away": "How a customer learns of an answer that came while they did not look: `badge`, `push` or `mail`.",
    "away_after": "After how many seconds an answer that the customer has not read, while they are not there, is `LeftUnread`.",
    "chat_url": "The page on which customers talk, where a mail about unread answers leads; `{session}` in it is the session's id. "
    '`""`: none.',
    "open_labels": "Whether a new category or tag may be made by using it. If not, an admin adds them first.",
}


def settings() -> str:
    """The settings of a brand, as `ChangeBrand` takes them."""
    plain, rows = Brand(id="brd_x"), []
    for field in attrs.fields(commands.ChangeBrand):
        stored = getattr(plain, field.name)
        value = stored // 1000 if field.name in ("grace", "reopen_window", "short_wait", "away_after") else stored
        rows.append(
            (
                f"`{field.name}`",
                f"`{getattr(value, 'value', value)!r}`" if value is not plain.reopening else "`{'*': 'new_session'}`",
                _SETTINGS[field.name],
            )
        )
    return _table(("setting", "default", "what it decides"), rows)


def views() -> str:
    """The views of a database file and their columns."""
    rows = ((f"`{plural(kind)}`", _doc(kind).split(". ")[0].rstrip("."), _code(_columns(kind))) for kind in CORE_KINDS)
    return _table(("view", "one row is", "columns"), rows)


def _columns(kind: type[Record]) -> list[str]:
    instants = instant_fields(kind)
    return [instants.get(field.name, field.name) for field in fields_of(kind)]


# --------------------------------------------------------------------------------------------------------- command line


def simulate_options() -> str:
    """The options of `cschat simulate`."""
    from cschat.cli import cschat

    options = [option for option in cschat.commands["simulate"].params if isinstance(option, click.Option)]
    return _table(("option", "what it does", "default"), ((_option(option), _help(option), _default_of(option)) for option in options))


def _option(option: click.Option) -> str:
    takes = option.metavar or (None if option.is_flag else option.type.name.upper().split()[0])
    return f"`{' '.join(filter(None, (option.opts[0], takes)))}`".replace("|", "\\|")


def _help(option: click.Option) -> str:
    return (option.help or "").split(" [default:")[0]


def _default_of(option: click.Option) -> str:
    told = (option.help or "").partition(" [default: ")[2].rstrip("]")
    shown = told or ("" if option.is_flag or option.default is None else f"`{option.default}`")
    return "" if "UNSET" in shown else shown


# ------------------------------------------------------------------------------------------------------------ scenarios

_TAKES = {
    "as_needed_speech": "a text, or [parts](#what-is-said)",
    "as_speech": "a text, or [parts](#what-is-said)",
    "as_text": "a text",
    "as_optional_text": "a text",
    "as_target": "a step",
    "as_optional_target": "a step",
    "as_variable": "a name",
    "as_optional_variable": "a name",
    "_choice_buttons": "a list of [buttons](#parts-of-steps)",
    "as_fields": "a list of [fields](#parts-of-steps)",
    "_cases": "a list of [cases](#parts-of-steps)",
    "_options": "a list of texts",
    "as_answer_type": _code(ANSWER_TYPES),
    "as_pattern": "a regular expression",
    "as_retries": "0 to 20",
    "_search": "`{section, limit}`, both may be left out; a limit is 1 to 10, and 3 unless said",
    "as_duration": "a duration, at most an hour",
    "as_variables": "names with a text, a number, true, false or null",
    "_names": "a tag, or a list of them",
    "as_category": "a path in the tree",
    "as_priority": _code(PRIORITIES),
    "_request": "`{category, priority, group}`, each may be left out",
    "_scale": "`{scale}`: 2 to 10, 5 unless said",
    "_terms": "`{what, purpose, version}`",
    "as_reason": "a word",
    "": "true or false",
}
"""What a key takes, by the converter of its attribute."""
_KEYS = {
    "say": "what is said first",
    "next": "where it goes on",
    "on_fail": "where it goes after one wrong answer too many",
    "on_error": "where it goes if the action fails or does not answer in time",
    "otherwise": "where a text goes that names no button; left out: the question is asked again",
    "save": "the name under which the answer is kept",
    "retries": "how many wrong answers are asked again",
    "closed": "where it goes while people are away: closed, lunch, holiday",
    "nobody": "where it goes when nobody is free: nobody, overflow",
    "say.say": "what is said",
    "choose.choose": "the answers",
    "choose.save": "the name under which the value of the button is kept",
    "ask.ask": "the name under which the answer is kept",
    "ask.prompt": "the question",
    "ask.type": "what is accepted",
    "ask.pattern": "what all of the answer must match",
    "ask.options": "the answers of type choice",
    "ask.wrong": "what is said to a wrong answer",
    "ask.keep": "also write it to the customer's profile, and do not ask for what is known there",
    "form.form": "what is asked for",
    "branch.branch": "conditions, the first that holds counts",
    "branch.else": "where it goes if none holds",
    "faq.faq": "where to search, and how many articles are offered at most",
    "faq.helped": "where it goes if an article helped",
    "faq.not_helped": "where it goes if none did, or none was found",
    "faq.say": "asks for the question; left out: what was said last is searched for",
    "do.do": "the host's action",
    "do.with": "what it is given",
    "do.timeout": "how long its answer is waited for",
    "set.set": "what is remembered",
    "tag.tag": "what the session is tagged with",
    "category.category": "what the session is about",
    "priority.priority": "how urgent it is",
    "call.call": "the other scenario, by its name",
    "call.next": "where it goes on when that one is over",
    "goto.goto": "where it goes on",
    "handoff.handoff": "what people are told",
    "leave_message.leave_message": "what is asked for",
    "leave_message.say": "the thanks when all is there",
    "rate.rate": "how many points there are",
    "rate.say": "the question",
    "consent.consent": "what is agreed to",
    "consent.say": "the collection notice",
    "consent.agreed": "where it goes with consent, also with one given before",
    "consent.refused": "where it goes without",
    "end.end": "why it is over",
}
"""What a key means: by kind and key, or by the key alone. One that is missing here stops the generation."""


def step_kinds() -> str:
    """Every kind of step: what it does, and the edges that lead out of it."""
    rows = ((f"[`{key}`](#{key.replace('_', '-')})", _first(kind), _code(_ways(kind))) for key, kind in SCENARIO_STEPS.items())
    return _table(("step", "what it does", "ways out"), rows)


def _first(kind: type) -> str:
    return f"{_doc(kind).split('. ')[0].split(': ')[0].rstrip('.')}."


def _ways(kind: Any) -> list[str]:
    counted = {"choose": ["choose:1", "choose:2"], "branch": ["when:1", "when:2"]}
    return [*counted.get(kind.key, []), *kind.edges]


def step_tables() -> str:
    """For every kind of step what it does, and its keys."""
    return "\n\n".join(f"### {key}\n\n{_whole_doc(kind)}\n\n{_step_table(key, kind)}" for key, kind in SCENARIO_STEPS.items())


def _whole_doc(kind: type) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (inspect.getdoc(kind) or "").split("\n\n"))


def _step_table(key: str, kind: Any) -> str:
    def row(field: attrs.Attribute[Any]) -> tuple[str, ...]:
        name = field.name.rstrip("_")
        meaning = _KEYS.get(f"{key}.{name}") or _KEYS[name]
        return f"`{name}`", _TAKES[getattr(field.converter, "__name__", "")], _step_default(field), meaning

    return _table(("key", "takes", "unless said", "what it is"), map(row, attrs.fields(kind)))


def _step_default(field: attrs.Attribute[Any]) -> str:
    if field.default is attrs.NOTHING:
        return "(needed)"
    if field.default is None or (isinstance(field.default, (tuple, Mapping)) and not field.default):
        return "-"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


_FIGURES = {
    "sessions": "how many customers came",
    "messages": "what customers and agents said",
    "commands": "how many commands did it all",
    "closed": "sessions that are closed in the end",
    "p_wait": "share of requests that waited at all",
    "mean_wait_s": "mean wait in seconds, over all requests",
    "p90_wait_s": "90 % of requests waited at most so long",
    "mean_queue": "how many waited, on average over time",
    "occupancy": "share of all slots that was busy, on average over time",
    "wall_s": "real time of the run",
    "commands_per_s": "commands over `wall_s`",
    "content_hash": "SHA-256 over all events and records: equal if two runs did the same",
    "abandoned": "customers who left the queue",
    "refused": "customers who were turned away by an overflow limit",
    "agent_least": "sessions of the agent who had the fewest",
    "agent_mean": "sessions of an agent, on average",
    "agent_most": "sessions of the agent who had the most",
    "skipped": "bad lines that were passed over",
}


def figures() -> str:
    """The figures of a simulation."""
    return _table(("key", "what it is"), ((f"`{field.name}`", _FIGURES[field.name]) for field in attrs.fields(Figures)))


def metrics(*, sqi: bool) -> str:
    """The registry of metrics."""
    rows = (
        (f"`{one.name}`", one.ko, one.unit, one.definition, one.attribution, _ADDED[one.unit]) for one in METRICS.values() if one.sqi is sqi
    )
    return _table(("name", "한국어", "unit", "definition", "by agent", "adds up as"), rows)


_ADDED = {
    "s": "count, missing, sum, mean, percentiles, maximum",
    "rate": "count, mean",
    "number": "count, sum, mean, percentiles, maximum",
    "percent": "count, mean, percentiles, maximum",
}


PARTS: dict[str, Callable[[], str]] = {
    "web-routes": web_routes,
    "web-customers": web_customers,
    "web-host-only": web_host_only,
    "web-limits": web_limits,
    "web-errors": web_errors,
    "metrics-sqi": lambda: metrics(sqi=True),
    "metrics-more": lambda: metrics(sqi=False),
    "errors": error_tree,
    "grants": grants,
    "events-sessions": lambda: event_table("sessions"),
    "events-other": lambda: event_table("other"),
    "settings": settings,
    "views": views,
    "simulate-options": simulate_options,
    "step-kinds": step_kinds,
    "steps": step_tables,
    "simulate-figures": figures,
    **{f"record-{kind.kind}": lambda kind=kind: record_table(kind.kind) for kind in CORE_KINDS},
    **{f"commands-{name}": lambda name=name: command_table(name) for name in COMMAND_MODULES},
    **{f"command-classes-{name}": lambda name=name: class_list("commands", name, commands.COMMANDS) for name in COMMAND_MODULES},
    **{f"queries-{name}": lambda name=name: query_table(name) for name in QUERY_MODULES},
    **{f"query-classes-{name}": lambda name=name: class_list("queries", name, queries.QUERIES) for name in QUERY_MODULES},
}
"""Every part that a page can take from here, by the name it has there."""
