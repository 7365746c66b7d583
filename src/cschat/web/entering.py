"""Coming in: a customer gets a token, one of the host's people learns who they are here.

May: register customers, and merge a guest with the member they turn out to be. May not: believe anything that is not signed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from cschat import commands as c
from cschat import queries as q
from cschat.core.access import Actor
from cschat.core.people import Agent, Customer, CustomerKind
from cschat.core.times import as_iso
from cschat.desk import Desk
from cschat.errors import Conflict, CschatError, Forbidden, Invalid, NotFound
from cschat.storage.codec import face
from cschat.web.limits import address_of
from cschat.web.messages import Response, answer_json
from cschat.web.site import Call, said_by
from cschat.web.tokens import Tokens, Unidentified, Visitor

__all__ = ["NoInfo", "agent_of", "enter", "info", "me"]

_log = logging.getLogger("cschat.web")
_FIELDS = ("guest", "language", "member")
_GUEST_SECONDS = 400 * 86_400
"""How long a browser is known that does not come back: as long as browsers keep a cookie."""


class NoInfo(CschatError):
    """The host's `customer_info` did not answer: `reason` is "slow" or "failed"."""

    code = "no_info"
    status_hint = 503


def enter(call: Call) -> Response:
    """Give a customer a token: as the member whom the host names, the guest they were, or a new guest.

    A guest who turns out to be a member takes their conversations along.
    """
    call.site.buckets.take("enter", address_of(call.request))
    said = said_by(call.request)
    unknown = next((name for name in said if name not in _FIELDS), None)
    if unknown is not None:
        raise Invalid(field=str(unknown), reason="there is no such field", allowed=_FIELDS)
    for name in _FIELDS:
        if not isinstance(said.get(name), str | None):
            raise Invalid(field=name, reason="must be text")
    tokens, now = call.site.callers.tokens, time.time()
    guest = _returning(tokens, call.brand, said.get("guest"), now)
    if said.get("member") is None:
        visitor = guest or tokens.new_guest(_GUEST_SECONDS, now)
    else:
        visitor = tokens.read_member(call.brand, said["member"], latest=now + _GUEST_SECONDS)
    customer = _known(call.desk, visitor, said.get("language"))
    if guest is not None and guest.kind is CustomerKind.GUEST and visitor.kind is CustomerKind.MEMBER:
        _join(call.desk, guest, customer)
    return answer_json(
        {
            "token": tokens.visitor(call.brand, visitor),
            "expires_at": as_iso(visitor.expires * 1_000_000),
            "customer": face(customer),
            "language": customer.language,
        }
    )


def _returning(tokens: Tokens, brand: str, token: str | None, now: float) -> Visitor | None:
    """Who has been here before. A guest's time begins anew; a member's ends when the host has said."""
    if token is None:
        return None
    try:
        visitor = tokens.read_visitor(brand, token)
    except Unidentified:
        _log.info("an old token is not accepted any more: its bearer begins anew")
        return None
    return visitor if visitor.kind is CustomerKind.MEMBER else visitor.lasting(now + _GUEST_SECONDS)


def _known(desk: Desk, visitor: Visitor, language: str | None) -> Customer:
    """The customer as they may see themselves; what the host says of them, and the language they now read, is kept."""
    door = desk.acting_as(visitor.actor)
    try:
        customer = door.ask(q.GetCustomer())
    except NotFound:
        said: Mapping[str, Any] = {visitor.kind: visitor.name_of_it, "name": visitor.name, "email": visitor.email}
        desk.do(c.RegisterCustomer(**said))
        customer = door.ask(q.GetCustomer())
    news: dict[str, Any] = {}
    if visitor.name not in ("", customer.profile.name):
        news["name"] = visitor.name
    if visitor.email not in ("", customer.profile.email):
        news["email"] = visitor.email
    if language not in (None, "", customer.language):
        news["language"] = str(language)
    return door.do(c.UpdateCustomer(**news)) if news else customer


def _join(desk: Desk, guest: Visitor, member: Customer) -> None:
    """What the guest has asked becomes the member's."""
    try:
        known = desk.acting_as(guest.actor).ask(q.GetCustomer())
        desk.do(c.MergeCustomers(known.id, member.id))
    except (NotFound, Conflict):
        return  # they never wrote anything, or another tab was quicker


def me(call: Call) -> Response:
    """Who a person of the host is here, where else they work, and the mark that their page sends along."""
    caller = call.caller()
    if caller.user is None:
        raise Forbidden("this is for agents", actor=caller.key, permission="serve")
    agent = agent_of(call.desk, caller.user)
    if agent is None:
        raise Forbidden(f"{caller.user} is no agent here", actor=caller.key, permission="serve")
    brands = [
        {"name": name, "title": desk.ask(q.GetBrand()).name or name}
        for name in call.site.brands
        if agent_of(desk := call.site.desk.brand(name), caller.user) is not None
    ]
    return answer_json({"agent": face(agent), "brands": brands, "csrf": call.site.callers.mark(caller.user)})


def agent_of(desk: Desk, user: str) -> Agent | None:
    """The agent who stands for a person of the host; None if they do not work here."""
    try:
        agents = desk.acting_as(Actor.user(user)).ask(q.Agents())
    except Forbidden:
        return None
    return next((agent for agent in agents if agent.user_id == user), None)


def info(call: Call) -> Response:
    """What the host itself knows of a customer. `NoInfo` if its hook is slow or fails."""
    told = call.desk.acting_as(call.caller().actor).info_of(call.parts["id"])
    if told.trouble is not None:
        raise NoInfo("what the host knows of this customer cannot be had now", reason=told.trouble, seconds=5)
    return answer_json(face(told.items))
