"""Events as they happen: who hears what, from where on, and how it ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import pytest
from tests.web.site import NO_LIMITS, Browser, gateway_on, opened_desk

from cschat import Desk, Session
from cschat import commands as c
from cschat.web import Request
from cschat.web import streams as streams_module
from cschat.web.messages import Live


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    with opened_desk(url) as desk:
        yield desk


@pytest.fixture
def web(desk: Desk) -> Browser:
    return Browser(gateway_on(desk, limits=NO_LIMITS))


class Ear:
    """A browser that listens; frames are read as they come."""

    def __init__(self, browser: Browser, query: str = "", **headers: str) -> None:
        known = {name.replace("_", "-"): value for name, value in headers.items()}
        if browser.token:
            known["authorization"] = f"Bearer {browser.token}"
        if browser.user:
            known["cookie"] = f"user={browser.user}"
        response = browser.gateway.handle(Request("GET", f"/{browser.brand}/events", query, known))
        assert response.status == 200, response.body
        assert response.live is not None
        self.live: Live = response.live
        self._pieces = self.live.frames()
        self._rest = b""
        self.id = 0
        assert self.next()[0] == "position"

    def next(self) -> tuple[str, Any]:
        """The next frame: its name and what it says."""
        while True:
            frame, found, self._rest = self._rest.partition(b"\n\n")
            if not found:
                self._rest = frame + next(self._pieces)
                continue
            lines = dict(line.split(": ", 1) for line in frame.decode().split("\n") if not line.startswith(":"))
            self.id = int(lines.get("id", self.id))
            if lines:
                return lines["event"], json.loads(lines["data"])

    def events(self, until: str) -> list[dict[str, Any]]:
        """Events up to and with the first of a type."""
        heard: list[dict[str, Any]] = []
        while not heard or heard[-1]["type"] != until:
            name, data = self.next()
            if name == "happened":
                heard.append(data)
        return heard

    def rest(self) -> list[str]:
        """The names of what comes until the stream ends."""
        names: list[str] = []
        try:
            while True:
                names.append(self.next()[0])
        except StopIteration:
            return names

    def close(self) -> None:
        self.live.close()


def _types(events: Sequence[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def _opened(desk: Desk, browser: Browser) -> str:
    session: str = browser.do("OpenSession", text="배송 언제 와요?").json["id"]
    return session


def _said(desk: Desk, session: Session | str, *texts: str) -> None:
    for text in texts:
        desk.do(c.SendMessage(session, text=text))


def test_a_customer_hears_of_their_own_sessions_alone(desk: Desk, web: Browser):
    mine, other = web.entered(), web.entered()
    ear = Ear(mine)
    foreign = _opened(desk, other)
    session = _opened(desk, mine)
    desk.do(c.AddNote(session, text="단골"))
    mine.do("RequestAgent", session=session)
    heard = ear.events("AgentRequested")
    assert {event["subject"] for event in heard} == {session}
    assert foreign not in json.dumps(heard)
    assert "단골" not in json.dumps(heard, ensure_ascii=False)
    assert all(event["cause"] is None and event["once"] is None for event in heard)


def test_staff_hear_all_of_their_brand(desk: Desk, web: Browser):
    ear = Ear(attrs.evolve(web, user="mina"))
    cafe = attrs.evolve(web, brand="cafe").entered()
    _opened(desk.brand("cafe"), cafe)
    session = _opened(desk, web.entered())
    desk.do(c.AddNote(session, text="단골"))
    heard = ear.events("MessageSent") + ear.events("MessageSent")
    assert heard[-1]["body"]["content"]["text"] == "단골"
    assert {event["brand"] for event in heard} == {"brd_shop"}


def test_a_stream_says_what_a_watcher_would_see(desk: Desk, web: Browser):
    """The hub sorts for all at once what a door sorts for one."""
    mine = web.entered()
    session = _opened(desk, mine)
    customer = desk.acting_as(web.gateway.site.callers.tokens.read_visitor("shop", mine.token or "").actor)
    after = desk.position()
    ears = {"customer": Ear(mine), "staff": Ear(attrs.evolve(web, user="mina"))}
    desk.do(c.AddNote(session, text="단골"))
    desk.do(c.SetPriority(session, "high"))
    mine.do("RequestAgent", session=session)
    desk.do(c.ForceClose(session, reason="x"))
    for name, door in (("customer", customer), ("staff", desk)):
        expected = [(event.position, event.type) for event in door.watch(after=after, timeout=0)]
        heard = [(event["position"], event["type"]) for event in ears[name].events("ForceClosed")]
        assert [one for one in heard if one[0] <= expected[-1][0]] == expected[: len(heard)]


def test_resuming_leaves_no_gap_and_doubles_nothing(desk: Desk, web: Browser):
    mine = web.entered()
    session = _opened(desk, mine)
    ear = Ear(mine)
    writing = threading.Thread(target=_said, args=(desk, session, *map(str, range(300))))
    writing.start()
    heard: list[str] = []
    while len(heard) < 300:
        name, data = ear.next()
        assert name == "happened"
        heard.append(data["body"]["content"]["text"])
        if len(heard) % 7 == 0:
            ear.close()
            ear = Ear(mine, last_event_id=str(ear.id))
    writing.join()
    assert heard == [str(number) for number in range(300)]


def test_after_is_as_good_as_the_header(desk: Desk, web: Browser):
    mine = web.entered()
    session = _opened(desk, mine)
    _said(desk, session, "하나", "둘")
    assert _types(Ear(mine, "after=0").events("MessageSent")) == ["Opened", "MessageSent"]


def test_a_customer_who_was_away_for_long_is_told_from_their_own_sessions(desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch):
    mine, other = web.entered(), web.entered()
    session, foreign = _opened(desk, mine), _opened(desk, other)
    _said(desk, session, "하나")
    _said(desk, foreign, "남의 말")
    _said(desk, session, "둘")
    desk.do(c.AddNote(session, text="메모"))
    near = Ear(mine, "after=3")
    expected = [near.next() for _ in range(4)]
    monkeypatch.setattr("cschat.web.hub._FAR", 0)
    far = Ear(mine, "after=3")
    assert [far.next() for _ in range(4)] == expected


def test_an_agent_who_was_away_for_too_long_is_told_so(desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cschat.web.hub._TOO_FAR", 3)
    assert Ear(attrs.evolve(web, user="mina"), "after=0").next() == ("missed", {})


def test_what_was_seen_elsewhere_before_the_hub_read_it_is_not_told_again(desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch):
    mine, hub = web.entered(), web.gateway.site.hub
    session = _opened(desk, mine)
    with monkeypatch.context() as late:
        first = Ear(mine)
        late.setattr(hub, "_read", lambda: False)
        _said(desk, session, "하나")
        resumed = Ear(mine, last_event_id=str(desk.position()))
    _said(desk, session, "둘")
    assert [event["body"]["content"]["text"] for event in (first.next()[1], first.next()[1])] == ["하나", "둘"]
    assert resumed.next()[1]["body"]["content"]["text"] == "둘"


def test_what_the_hub_has_still_to_read_is_told_once(desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch):
    mine, hub = web.entered(), web.gateway.site.hub
    session = _opened(desk, mine)
    with monkeypatch.context() as late:
        Ear(mine)
        late.setattr(hub, "_read", lambda: False)
        _said(desk, session, "하나")
        resumed = Ear(mine, "after=0")
        assert resumed.events("MessageSent")[-1]["body"]["content"]["text"] == "배송 언제 와요?"
    _said(desk, session, "둘")
    assert [resumed.next()[1]["body"]["content"]["text"] for _ in range(2)] == ["하나", "둘"]


def test_a_position_that_is_none_yet_is_now(desk: Desk, web: Browser):
    ear = Ear(web.entered(), "after=1000000")
    assert ear.id <= desk.position()


def test_whoever_does_not_listen_is_cut_off_and_resumes(desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cschat.web.hub._MOST_WAITING", 5)
    mine = web.entered()
    session = _opened(desk, mine)
    slow = Ear(mine)
    after = desk.position()
    _said(desk, session, *map(str, range(20)))
    patience = time.monotonic() + 20
    while web.gateway.site.hub.position < desk.position() and time.monotonic() < patience:
        desk.store.wait(after=desk.position(), timeout=0.01)
    quick = Ear(mine, f"after={after}")
    assert [event["body"]["content"]["text"] for event in [quick.next()[1] for _ in range(20)]] == [str(n) for n in range(20)]
    assert slow.rest() == ["happened"] * 5
    assert Ear(mine, last_event_id=str(slow.id)).next()[1]["body"]["content"]["text"] == "5"


def test_a_quiet_stream_shows_that_it_lives_and_how_far_the_log_is(desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams_module, "THREAD_BEAT_SECONDS", 0.01)
    ear = Ear(web.entered())
    assert next(ear._pieces) == b": \n\n"
    desk.do(c.AddTag("단골", list="customer"))
    name, data = ear.next()
    assert (name, data["position"], ear.id) == ("position", desk.position(), desk.position())


def test_a_stream_ends_with_the_token(web: Browser, monkeypatch: pytest.MonkeyPatch):
    ear = Ear(web.entered())
    monkeypatch.setattr(streams_module, "THREAD_BEAT_SECONDS", 0.01)
    monkeypatch.setattr(ear.live, "_ends", 0.0)
    assert ear.rest() == []


def test_an_agent_who_is_removed_hears_no_more(desk: Desk, web: Browser):
    mina = web.signed_in("mina")
    ear, colleague = Ear(mina), Ear(attrs.evolve(web, user="jun"))
    desk.do(c.RemoveAgent(mina.get("/me").json["agent"]["id"]))
    assert "happened" in ear.rest()
    session = _opened(desk, web.entered())
    assert colleague.events("Opened")[-1]["subject"] == session
    assert mina.get("/events").status == 403


def test_a_guest_whom_the_desk_has_forgotten_hears_of_what_they_do_next(desk: Desk, web: Browser):
    mine = web.entered()
    desk.do(c.EraseCustomer(mine.ask("GetCustomer").json["id"]))
    ear = Ear(mine)
    assert ear.events("Opened") if _opened(desk, mine) else None


def test_a_stream_needs_somebody_and_only_their_session(desk: Desk, web: Browser):
    foreign = _opened(desk, web.entered())
    assert web.get("/events").status == 401
    assert web.entered().get("/events", f"session={foreign}").status == 404
    assert web.entered().get("/poll", f"session={foreign}").status == 404
    assert web.entered().get("/events", "after=-1").status == 422


def test_all_streams_end_with_the_desk(web: Browser, desk: Desk):
    ear = Ear(web.entered())
    desk.close()
    assert ear.rest() == []


def test_nobody_is_kept_who_left(web: Browser):
    hub = web.gateway.site.hub
    ears = [Ear(web.entered()), Ear(attrs.evolve(web, user="mina"))]
    assert len(hub) == 2
    for ear in ears:
        ear.close()
    assert len(hub) == 0


# ---------------------------------------------------------------------------------------------------------------- polls


def _polled(browser: Browser, query: str) -> dict[str, Any]:
    request = Request("GET", "/shop/poll", query, {"authorization": f"Bearer {browser.token}"})
    response = browser.gateway.handle(request)
    assert response.status == 200
    if response.live is None:
        return json.loads(response.body)  # type: ignore[no-any-return]
    (piece,) = response.live.frames()
    response.live.close()
    return json.loads(piece)  # type: ignore[no-any-return]


def test_a_poll_goes_on_where_the_last_one_ended(desk: Desk, web: Browser):
    mine = web.entered()
    first = _polled(mine, "wait=20")
    assert first == {"position": desk.position(), "events": [], "attending": []}
    session = _opened(desk, mine)
    second = _polled(mine, f"after={first['position']}&wait=20")
    third = _polled(mine, f"after={second['position']}")
    assert _types(second["events"] + third["events"]) == ["Opened", "MessageSent"]
    assert {event["subject"] for event in second["events"]} == {session}


def test_a_poll_knows_what_is_committed_also_where_the_hub_is_behind(desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch):
    mine = web.entered()
    session = _opened(desk, mine)
    first = _polled(mine, "")
    monkeypatch.setattr(web.gateway.site.hub, "_read", lambda: False)
    _said(desk, session, "하나")
    answer = _polled(mine, f"after={first['position']}")
    assert [event["body"]["content"]["text"] for event in answer["events"]] == ["하나"]
    assert answer["position"] == desk.position()
    assert _polled(mine, "") == {"position": desk.position(), "events": [], "attending": []}


def test_a_poll_waits_until_something_happens(desk: Desk, web: Browser):
    mine = web.entered()
    session, position = _opened(desk, mine), desk.position()
    threading.Timer(0.05, _said, (desk, session, "여기요")).start()
    answer = _polled(mine, f"after={position}&wait=20")
    assert [event["body"]["content"]["text"] for event in answer["events"]] == ["여기요"]
    assert answer["position"] == answer["events"][-1]["position"]


def test_a_poll_ends_when_its_time_is_over(web: Browser, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cschat.web.watching._LONGEST_WAIT", 0.01)
    mine = web.entered()
    assert _polled(mine, f"after={desk.position()}&wait=20")["events"] == []
    assert len(web.gateway.site.hub) == 0


def test_polls_by_many_at_once_get_everything_once(desk: Desk, web: Browser):
    mine = web.entered()
    session, position = _opened(desk, mine), desk.position()
    writing = threading.Thread(target=_said, args=(desk, session, *map(str, range(200))))
    writing.start()
    heard: list[str] = []
    while len(heard) < 200:
        answer = _polled(mine, f"after={position}&wait=20")
        position = answer["position"]
        heard += [event["body"]["content"]["text"] for event in answer["events"]]
    writing.join()
    assert heard == [str(number) for number in range(200)]


# ----------------------------------------------------------------------------------------------------------- attendance


def test_who_types_is_told_at_once_to_those_who_have_the_session_open(desk: Desk, web: Browser):
    mine, mina = web.entered(), web.signed_in("mina")
    session = _opened(desk, mine)
    at_home, at_work = Ear(mine, f"session={session}"), Ear(mina, f"session={session}")
    assert at_home.next() == ("attending", {"session": session, "attending": []})
    assert at_work.next() == ("attending", {"session": session, "attending": []})
    mine.do("Attend", session=session, typing=True)
    name, data = at_work.next()
    assert (name, data["attending"][0]["who"], data["attending"][0]["typing"]) == ("attending", "customer", True)
    mina.call("POST", "/shop/do", [{"command": "Attend", "session": session, "typing": True}])
    name, data = at_home.next()
    assert (name, data["attending"][0]["name"]) == ("attending", "민아")


def test_a_customer_is_not_told_who_merely_looks(desk: Desk, web: Browser):
    mine, mina = web.entered(), web.signed_in("mina")
    session = _opened(desk, mine)
    at_home, colleague = Ear(mine, f"session={session}"), Ear(attrs.evolve(web, user="jun"), f"session={session}")
    at_home.next()
    colleague.next()
    mina.do("Attend", session=session)
    assert colleague.next()[1]["attending"][0]["name"] == "민아"
    desk.do(c.SendMessage(session, text="안녕하세요"))
    assert at_home.next()[0] == "happened"


def test_what_another_process_did_is_seen_soon(desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cschat.web.attending._EVERY", 0.02)
    monkeypatch.setattr("cschat.web.hub._QUIET_SECONDS", 0.02)
    mine = web.entered()
    session = _opened(desk, mine)
    ear = Ear(attrs.evolve(web, user="mina"), f"session={session}")
    ear.next()
    elsewhere = Browser(gateway_on(desk), token=mine.token)
    elsewhere.do("Attend", session=session, typing=True)
    assert ear.next()[1]["attending"][0]["who"] == "customer"


def test_a_poll_says_who_is_there(desk: Desk, web: Browser):
    mine = web.entered()
    session = _opened(desk, mine)
    mina = web.signed_in("mina")
    mina.do("Attend", session=session, typing=True)
    assert _polled(mine, f"session={session}")["attending"][0]["name"] == "민아"


def test_a_reader_that_nobody_needed_ends_and_another_begins(desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cschat.web.hub._LINGER_SECONDS", 0.0)
    monkeypatch.setattr("cschat.web.hub._QUIET_SECONDS", 0.001)
    hub, mine = web.gateway.site.hub, web.entered()
    session = _opened(desk, mine)
    for text in ("하나", "둘"):
        ear = Ear(mine)
        thread = hub._thread
        _said(desk, session, text)
        assert ear.events("MessageSent")[-1]["body"]["content"]["text"] == text
        ear.close()
        assert thread is not None
        thread.join(20)
        assert not thread.is_alive()
