"""What is another's stays another's: every command, query and path of the gateway, tried by a customer with somebody else's ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import msgspec
import pytest
from tests.office import Office
from tests.samples import COMMANDS, QUERIES
from tests.web.site import NO_LIMITS, SECRET, Browser, user_of

from cschat import Desk, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.access import Permission
from cschat.core.clock import FakeClock
from cschat.core.content import Content
from cschat.web import Gateway, Request
from cschat.web.tokens import Visitor

HERS = "HERS"
"""Stands in all that one customer has said and is; no other customer may see it."""
STAFF = "STAFF"
"""Stands in all that is for agents; no customer may see it."""

EVERYTHING = {kind: sample for kind, sample in (COMMANDS | QUERIES).items() if kind.permission is not Permission.OPERATE}


@attrs.frozen
class House:
    """A desk where everything is marked: one customer has a session with an agent, another one is curious."""

    office: Office
    gateway: Gateway
    session: str
    blob: str

    @property
    def owner(self) -> Browser:
        return self._customer("browser-a")

    @property
    def stranger(self) -> Browser:
        return self._customer("browser-b")

    @property
    def nobody(self) -> Browser:
        return Browser(self.gateway, brand="main")

    def _customer(self, key: str) -> Browser:
        token = self.gateway.site.callers.tokens.visitor("main", Visitor(f"guest:{key}", 2**31))
        return Browser(self.gateway, token=token, brand="main")

    def agent(self, user: str) -> Browser:
        return Browser(self.gateway, user=user, csrf=self.gateway.site.callers.mark(user), brand="main")


def _marked(office: Office) -> tuple[str, str]:
    """A session of the first customer and a file in it, with a mark in every place where there is one."""
    desk = office.desk
    for name, agent in (("sora", office.sora), ("mina", office.mina), ("jun", office.jun)):
        desk.do(c.ChangeAgent(agent, user_id=name, email=f"{STAFF}-{name}@shop.example"))
    office.visitor.do(c.UpdateCustomer(name=f"{HERS} name", email=f"{HERS}@example.com", phone=f"{HERS} 1", address=f"{HERS} street"))
    office.agent.do(c.UpdateCustomer(office.customer, attributes={f"{STAFF} key": f"{STAFF} value"}))
    office.agent.do(c.TagCustomer(office.customer, [f"{STAFF} tag"]))
    session = office.session(State.ACTIVE, text=f"{HERS} words")
    picture = office.visitor.keep_file(b"%PDF-1.4 " + HERS.encode(), name=f"{HERS}.pdf")
    office.visitor.do(c.SendMessage(session, content=Content(kind="file", media=picture)))  # type: ignore[arg-type]
    office.agent.do(c.AddNote(session, text=f"{STAFF} note"))
    office.agent.do(c.TagSession(session, [f"{STAFF} label"]))
    office.agent.do(c.SendMessage(session, text=f"{STAFF} aside", visibility="internal"))
    office.agent.do(c.SetCategory(session, f"{STAFF} category"))
    desk.do(c.AddCannedResponse(f"{STAFF}", f"{STAFF} canned"))
    desk.do(c.AddArticle(f"{STAFF} draft", f"<p>{STAFF} draft</p>"))
    return session.id, str(picture.blob)


@pytest.fixture
def house() -> Iterator[House]:
    clock = FakeClock()
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        office = Office.on(desk, clock)
        gateway = Gateway(desk, brands=["main"], secrets=[SECRET], identify=user_of, limits=NO_LIMITS)
        yield House(office, gateway, *_marked(office))


def _path(kind: type[Any]) -> str:
    return f"/main/{'do' if kind in COMMANDS else 'ask'}/{kind.__name__}"


def _fields(house: House, kind: type[Any]) -> Any:
    """What the one who may would send; whatever names a customer names the owner."""
    office, sample = house.office, EVERYTHING[kind]
    session = office.session(sample.state, text=f"{HERS} words") if sample.state is not State.ACTIVE else office.look(house.session)
    thing = sample.make(office, session)
    fields = attrs.asdict(thing, recurse=False, filter=lambda _field, value: value not in (None, msgspec.UNSET))
    if "customer" in {field.name for field in attrs.fields(kind)}:
        fields["customer"] = office.customer.id
    return msgspec.to_builtins(fields)


def _hers(house: House) -> Any:
    """What there is of the owner, whoever may see it."""
    desk, customer = house.office.desk, house.office.customer
    return [desk.ask(q.GetCustomer(customer)), desk.ask(q.CustomerSessions(customer))]


def test_the_owner_and_the_staff_see_the_marks(house: House):
    """So that their absence elsewhere means something."""
    for name, fields in (("Transcript", {"session": house.session}), ("GetCustomer", {})):
        seen = house.owner.ask(name, **fields).body.decode()
        assert HERS in seen
        assert STAFF not in seen
    for name, fields in (
        ("Transcript", {"session": house.session}),
        ("GetCustomer", {"customer": house.office.customer.id}),
        ("Agents", {}),
    ):
        assert STAFF in house.agent("mina").ask(name, **fields).body.decode()


def test_the_document_lists_what_is_tried_here(house: House):
    listed = {path.replace("{brand}", "main") for path in house.nobody.call("GET", "/-/openapi.json").json["paths"]}
    assert {path.removeprefix("/") for path in listed if path.startswith(("/main/do/", "/main/ask/"))} == {
        _path(kind).removeprefix("/") for kind in EVERYTHING
    }


@pytest.mark.parametrize("kind", EVERYTHING, ids=lambda kind: kind.__name__)
def test_a_customer_finds_nothing_of_another_by(house: House, kind: type[Any]):
    fields = _fields(house, kind)
    before = _hers(house)
    answers = [house.stranger.call("POST", _path(kind), fields)]
    verb = "command" if kind in COMMANDS else "query"
    answers.append(house.stranger.call("POST", _path(kind).rpartition("/")[0], [{verb: kind.__name__, **fields}]))
    for answer in answers:
        told = answer.body.decode()
        assert answer.status != 500
        assert HERS not in told
        assert STAFF not in told
        assert answer.status >= 400 or house.office.customer.id not in told
        if kind.permission is not Permission.TALK:
            assert answer.status == 403
    assert _hers(house) == before


@pytest.mark.parametrize("kind", EVERYTHING, ids=lambda kind: kind.__name__)
def test_nothing_for_staff_reaches_a_customer_by(house: House, kind: type[Any]):
    answer = house.owner.call("POST", _path(kind), _fields(house, kind))
    assert answer.status != 500
    assert STAFF not in answer.body.decode()


@pytest.mark.parametrize("kind", EVERYTHING, ids=lambda kind: kind.__name__)
def test_who_has_not_said_who_they_are_finds_nothing_by(house: House, kind: type[Any]):
    told = house.nobody.call("POST", _path(kind), _fields(house, kind)).body.decode()
    assert HERS not in told
    assert STAFF not in told


@pytest.mark.parametrize(
    "path",
    ["/sessions/{session}/allowed", "/customers/{customer}/info", "/me", "/files/{session}", "/workspace", "/workspace/sessions/{session}"],
)
def test_a_customer_finds_nothing_of_another_at(house: House, path: str):
    answer = house.stranger.get(path.format(session=house.session, customer=house.office.customer.id))
    assert answer.status in (401, 403, 404)
    assert HERS not in answer.body.decode()
    assert STAFF not in answer.body.decode()


def test_a_file_is_for_whoever_was_told_its_id_and_no_answer_tells_a_stranger(house: House):
    assert HERS in house.owner.get(f"/files/{house.blob}").body.decode()
    assert house.blob in house.owner.ask("Transcript", session=house.session).body.decode()
    assert len(house.blob) >= 22, "too long to be guessed"
    for kind in EVERYTHING:
        assert house.blob not in house.stranger.call("POST", _path(kind), {"session": house.session}).body.decode()


def _heard(browser: Browser, path: str, query: str, until: str) -> str:
    """All that a stream or a poll tells, up to and with a word."""
    response = browser.gateway.handle(Request("GET", f"/main/{path}", query, {"authorization": f"Bearer {browser.token}"}))
    if response.live is None:
        return response.body.decode()
    heard = ""
    for piece in response.live.frames():
        heard += piece.decode()
        if until in heard:
            break
    response.live.close()
    return heard


@pytest.mark.parametrize("path", ["events", "poll"])
def test_a_customer_hears_nothing_of_another_and_nothing_for_staff(house: House, path: str):
    office = house.office
    mine = office.stranger.do(c.OpenSession(text="MINE"))
    heard = _heard(house.stranger, path, "after=0", "MINE")
    assert mine.id in heard
    for secret in (HERS, STAFF, house.session, office.customer.id):
        assert secret not in heard
    office.visitor.do(c.SendMessage(house.session, text=f"{HERS} END"))
    hers = _heard(house.owner, path, f"after=0&session={house.session}", f"{HERS} END")
    assert f"{HERS} END" in hers
    assert STAFF not in hers
    assert mine.id not in hers


@pytest.mark.parametrize("path", ["events", "poll"])
def test_a_customer_listens_to_no_session_of_another(house: House, path: str):
    house.office.agent.do(c.Attend(house.session, typing=True))
    request = Request("GET", f"/main/{path}", f"after=0&session={house.session}", {"authorization": f"Bearer {house.stranger.token}"})
    response = house.gateway.handle(request)
    if response.live is not None:
        response.live.close()
    assert response.status == 404
    assert HERS not in response.body.decode()
