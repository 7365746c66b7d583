"""How a command is carried out: permission, repeated requests, the command itself, the reactors.

May: wrap any command. May not: know one.

A request id makes a repeat harmless: the first event that the command records on its session carries it, and a repeat that finds the
event does not run. For commands without a session, and for several at once, a `Request` record remembers the first event of each. A
request id that was used for something else is a `Conflict`; on a session this shows when the event that carries it is none that the command
`begins_with` (by default what it `records`). What a customer is answered shows nothing that is for staff.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar, cast

from msgspec import Struct

from cschat.commands.protocol import Command, Context
from cschat.core import events as e
from cschat.core.content import text
from cschat.core.people import Customer
from cschat.core.records import Index
from cschat.core.session import Session
from cschat.core.times import Micros
from cschat.errors import Conflict, Invalid
from cschat.storage.protocol import Lt

__all__ = ["Request", "carry_out", "carry_out_all", "forget_requests"]

T = TypeVar("T")

KEEP_REQUESTS = 7 * 86_400_000_000
"""How long (in microseconds) a request id of a command without a session is remembered."""


class Request(Struct, frozen=True):
    """What commands under one request id did: for each its type and first event (subject, seq), or None if it recorded nothing."""

    kind: ClassVar[str] = "request"
    prefix: ClassVar[str] = "req"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("made",)),)

    id: str
    brand: str
    made: Micros
    commands: tuple[str, ...]
    firsts: tuple[tuple[str, int] | None, ...]


def carry_out(command: Command[T], ctx: Context, request_id: str | None = None) -> T:
    """Do it, or, if this request has been done before, answer from the present state."""
    _check(request_id)
    ctx.see.demand(command.permission)
    session: str | None = getattr(command, "session", None)
    client_id: str | None = getattr(command, "client_id", None)
    if session is not None and (client_id or request_id):
        once = f"c:{ctx.see.who.name}:{client_id}" if client_id else f"r:{ctx.see.who.name}:{request_id}"
        done = _done(ctx, ctx.see.session(session), once)
        if done is not None:
            if type(done.body) not in getattr(command, "begins_with", (getattr(command, "records", None),)):
                raise Conflict("this request id was used for something else", request_id=client_id or request_id, event=done.type)
            return cast("T", _shown(ctx, _again(command, ctx, done)))
        ctx.carry_once(once)
    elif request_id:
        return cast("T", carry_out_all([command], ctx, request_id)[0])
    return _shown(ctx, _run(command, ctx))


def carry_out_all(commands: Sequence[Command[Any]], ctx: Context, request_id: str | None = None) -> list[Any]:
    """Do all, in order, in one transaction."""
    _check(request_id)
    if request_id is None:
        return [carry_out(command, ctx) for command in commands]
    name = hashlib.sha256(f"{ctx.brand_id}\n{ctx.see.actor.kind}:{ctx.see.actor.key}\n{request_id}".encode()).hexdigest()[:26]
    request = ctx.tx.peek(Request, f"{Request.prefix}_{name}")
    types = tuple(type(command).__name__ for command in commands)
    if request is not None and request.commands != types:
        raise Conflict("this request id was used for something else", request_id=request_id, commands=request.commands)
    answers, firsts = [], []
    for place, command in enumerate(commands):
        first = None if request is None else request.firsts[place]
        if first is None:
            mark = ctx.mark()
            answers.append(carry_out(command, ctx))
            firsts.append(ctx.first_since(mark, getattr(command, "makes", Session)))
        else:
            ctx.see.demand(command.permission)
            answers.append(_shown(ctx, _again(command, ctx, ctx.tx.events(first[0], after_seq=first[1] - 1, limit=1)[0])))
            firsts.append(first)
    fresh = Request(f"{Request.prefix}_{name}", ctx.brand_id, ctx.now if request is None else request.made, types, tuple(firsts))
    if fresh != request:
        ctx.tx.put(fresh)
    return answers


def forget_requests(ctx: Context, limit: int) -> int:
    """Remove request ids that nobody will repeat; how many there were (at most `limit`)."""
    old = ctx.tx.find(Request, where={"made": Lt(ctx.now - KEEP_REQUESTS)}, order="made", limit=limit)
    for request in old:
        ctx.tx.delete(Request, request.id)
    return len(old)


def _check(request_id: str | None) -> None:
    text(request_id, "request_id", 200)
    if request_id is not None and not request_id.strip():
        raise Invalid(field="request_id", reason="must not be blank")


def _shown(ctx: Context, answer: T) -> T:
    return cast("T", ctx.see.present(answer)) if isinstance(answer, (Session, Customer)) else answer


def _run(command: Command[T], ctx: Context) -> T:
    answer = command.run(ctx)
    reacted = ctx.react()
    settled: Callable[[Context, T], T] | None = getattr(command, "settled", None)
    if settled is not None:
        return settled(ctx, answer)
    return cast("T", ctx.tx.get(Session, answer.id)) if reacted and isinstance(answer, Session) else answer


def _done(ctx: Context, session: Session, once: str) -> e.Event | None:
    """The event that carries `once`, in the session or in those that it was continued in."""
    while True:
        event = ctx.tx.once(session.id, once)
        if event is not None or session.next is None:
            return event
        session = ctx.tx.get(Session, session.next)


def _again(command: Any, ctx: Context, event: e.Event) -> Any:
    if hasattr(command, "again"):
        return command.again(ctx, event)
    if hasattr(command, "session"):
        return ctx.see.session(command.session)
    return ctx.see.mine(command.makes, event.subject)
