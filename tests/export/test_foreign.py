"""Conversations of others become the sessions that they would have been here."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.export.spoiling import JSON, places, replaced

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.data import export, import_chatwoot, import_csv
from cschat.errors import Forbidden, Invalid
from cschat.kinds import CORE_KINDS
from cschat.storage.content import content_hash


@pytest.fixture
def desk():
    with Desk.open("memory:", brand="shop", clock=FakeClock("2026-03-02T09:00:00+09:00"), seed=1) as desk:
        yield desk


def message(id, text, kind=0, at=1_700_000_000, **more):
    return {"id": id, "content": text, "message_type": kind, "created_at": at + id, "private": False, **more}


TALK = {
    "id": 42,
    "status": "resolved",
    "channel": "Channel::WebWidget",
    "labels": ["환불", "급해요"],
    "meta": {"sender": {"id": 7, "name": "김손님", "email": "kim@example.com", "identifier": "u7"}, "assignee": {"id": 1, "name": "민아"}},
    "messages": [
        message(1, "환불해 주세요"),
        message(2, "Conversation was assigned", 2),
        message(3, "무엇을 도와드릴까요?", 3),
        message(4, "확인했어요", "outgoing", sender={"id": 1, "name": "민아", "type": "user"}),
        message(5, "까다로운 손님", 1, sender={"id": 1, "name": "민아", "type": "user"}, private=True),
        message(6, "제가 이어서 도와드릴게요", 1, sender={"id": 2, "name": "준", "type": "user"}),
        message(7, None, 0, attachments=[{"file_type": "image", "data_url": "https://example.com/a.png"}]),
    ],
}


def chatwoot(tmp_path, *talks, lines=True):
    path = tmp_path / "conversations.json"
    whole = "".join(json.dumps(talk, ensure_ascii=False) + "\n" for talk in talks) if lines else json.dumps(list(talks), indent=2)
    path.write_text(whole, "utf-8")
    return path


def test_a_chatwoot_conversation_is_a_session(desk, tmp_path):
    assert import_chatwoot(desk, chatwoot(tmp_path, TALK)).new == 1
    [session] = desk.ask(q.ClosedList()).items
    said = [(message.author, message.visibility, message.text) for message in desk.each(q.Transcript(session))]
    assert said == [
        ("customer", "public", "환불해 주세요"),
        ("bot", "public", "무엇을 도와드릴까요?"),
        ("agent", "public", "확인했어요"),
        ("agent", "internal", "까다로운 손님"),
        ("agent", "public", "제가 이어서 도와드릴게요"),
        ("customer", "public", ""),
    ]
    assert (session.channel, session.tags, session.opened_at.isoformat()) == ("web", ("급해요", "환불"), "2023-11-14T22:13:21+00:00")
    assert [agent.name for agent in desk.ask(q.Agents(removed=True))] == ["민아", "준"]
    customer = desk.acting_as(Actor.member("u7"))
    assert customer.ask(q.GetCustomer()).profile.email == "kim@example.com"
    assert "까다로운 손님" not in [message.text for message in customer.each(q.Transcript(session))]
    turn = next(event.body.turn for event in desk.each(q.History(session)) if event.type == "WrappedUp")
    assert (turn.first_response, turn.customer_messages, turn.human_messages, turn.after_work) == (0, 1, 2, None)
    assert desk.ask(q.SelfCheck()) == []


@pytest.mark.parametrize(
    "wrap",
    [lambda talks: talks, lambda talks: {"data": {"payload": talks}}, lambda talks: {"payload": talks}],
    ids=["array", "data", "payload"],
)
def test_an_array_or_an_answer_of_the_api_will_do(desk, tmp_path, wrap):
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(wrap([TALK, TALK | {"id": 43}]), indent=1), "utf-8")
    assert import_chatwoot(desk, path).new == 2


def test_what_was_imported_is_not_imported_again(desk, tmp_path):
    import_chatwoot(desk, chatwoot(tmp_path, TALK))
    before = content_hash(desk.store, CORE_KINDS)
    done = import_chatwoot(desk, chatwoot(tmp_path, TALK))
    assert (done.new, done.known) == (0, 1)
    assert content_hash(desk.store, CORE_KINDS) == before


def test_what_was_erased_stays_so(desk, tmp_path):
    import_chatwoot(desk, chatwoot(tmp_path, TALK))
    desk.do(c.EraseCustomer(desk.ask(q.Customers()).items[0]))
    import_chatwoot(desk, chatwoot(tmp_path, TALK))
    export(desk, tmp_path / "out")
    assert "kim@example.com" not in "".join(path.read_text("utf-8") for path in (tmp_path / "out").iterdir())


@pytest.mark.parametrize("answered", [False, True])
def test_what_is_not_over_waits_to_be_handled(desk, tmp_path, answered):
    talk = TALK | {"status": "open", "messages": TALK["messages"][: 7 if answered else 1]}
    import_chatwoot(desk, chatwoot(tmp_path, talk))
    [session] = desk.ask(q.ReviewList()).items
    assert session.state is State.INTAKE
    assert desk.ask(q.SelfCheck()) == []


def spoilt(**changes):
    return TALK | changes


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (spoilt(messages=None), "messages"),
        (spoilt(messages=[]), "messages"),
        (spoilt(id=None), "id"),
        (spoilt(meta={"sender": []}), None),
        (spoilt(meta={"sender": 3}), "meta.sender"),
        (spoilt(messages=[message(1, "a"), message(2, "b", 9)]), "messages[1].message_type"),
        (spoilt(messages=[{"content": "a", "created_at": "gestern"}]), "messages[0].created_at"),
        (spoilt(messages=[message(1, "  ")]), "messages[0].content"),
        (spoilt(messages=[message(1, "a" * 20_001)]), "messages[0].content"),
        (spoilt(messages=[message(1, None, attachments=[{"file_type": "image"}])]), "messages[0].attachments[0].data_url"),
        (spoilt(labels=["x" * 300]), "tags[0]"),
        (spoilt(meta={"sender": {"identifier": "x" * 300}}), "customer"),
    ],
    ids=map(str, range(12)),
)
def test_a_bad_conversation_is_named_and_nothing_of_it_comes_in(desk, tmp_path, bad, field):
    path = chatwoot(tmp_path, TALK | {"id": 1}, bad, TALK | {"id": 3})
    if field is None:
        assert import_chatwoot(desk, path).new == 3
        return
    with pytest.raises(Invalid) as error:
        import_chatwoot(desk, path)
    assert error.value.field == f"line 2: {field}"
    done = import_chatwoot(desk, path, skip_bad=True)
    assert (done.new, done.known, [one.line for one in done.skipped]) == (1, 1, [2])
    assert len(desk.ask(q.ClosedList()).items) == 2


@given(st.sampled_from(list(places(TALK))), JSON)
def test_whatever_stands_in_a_conversation_it_comes_in_or_is_refused(path, new):
    with Desk.open("memory:", brand="shop", clock=FakeClock("2026-03-02T09:00:00+09:00")) as desk, TemporaryDirectory() as folder:
        file = chatwoot(Path(folder), TALK | {"id": "good"}, replaced(TALK, path, new))
        done = import_chatwoot(desk, file, skip_bad=True)
        assert done.new + len(done.skipped) + done.known == 2
        assert desk.ask(q.SelfCheck()) == []
        assert len(list(desk.store.stream(Session))) == done.new


def test_agents_may_not(desk, tmp_path):
    agent = desk.acting_as(Actor.agent(desk.do(c.AddAgent(name="민아"))))
    with pytest.raises(Forbidden):
        import_chatwoot(agent, chatwoot(tmp_path, TALK))


# ------------------------------------------------------------------------------------------------------------------ CSV

MAPPING = {
    "conversation": "상담번호",
    "at": "시각",
    "author": "작성자",
    "text": "내용",
    "customer": "회원",
    "agent": "담당",
    "category": "유형",
    "tags": "태그",
    "authors": {"고객": "customer", "상담원": "agent", "메모": "note"},
    "zone": "Asia/Seoul",
    "time_format": "%Y-%m-%d %H:%M",
    "encoding": "cp949",
}
ROWS = """상담번호,시각,작성자,내용,회원,담당,유형,태그
1,2026-01-05 09:00,고객,언제 오나요?,u1,,배송/지연,"급함, 단골"
1,2026-01-05 09:02,상담원,"내일요,
아마도",u1,민아,,
1,2026-01-05 09:03,메모,재고 확인,u1,민아,,
2,2026-01-05 09:01,고객,환불요,u2,,환불,
"""


def csv_file(tmp_path, rows=ROWS, **changes):
    (tmp_path / "old.csv").write_text(rows, "cp949")
    (tmp_path / "mapping.json").write_text(json.dumps({name: value for name, value in (MAPPING | changes).items() if value}), "utf-8")
    return tmp_path / "old.csv", tmp_path / "mapping.json"


def test_lines_of_a_csv_are_messages(desk, tmp_path):
    assert import_csv(desk, *csv_file(tmp_path)).new == 2
    second, first = sorted(desk.ask(q.ClosedList()).items, key=lambda session: session.opened, reverse=True)
    said = [(str(message.author), str(message.visibility), message.text) for message in desk.each(q.Transcript(first))]
    assert said == [
        ("customer", "public", "언제 오나요?"),
        ("agent", "public", "내일요,\n아마도"),
        ("agent", "internal", "재고 확인"),
    ]
    assert (first.tags, first.opened_at.isoformat()) == (("급함", "단골"), "2026-01-05T00:00:00+00:00")
    assert {category.id: category.path for category in desk.ask(q.Categories())}[first.category] == "배송/지연"
    assert desk.acting_as(Actor.member("u2")).ask(q.GetCustomer()).id == second.customer
    assert import_csv(desk, *csv_file(tmp_path)).known == 2


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("09:02,상담원", "9시 2분,상담원", "line 3: 시각"),
        ("09:02,상담원", "09:02,아무개", "line 3: 작성자"),
        ("재고 확인", "", "line 5: 내용"),
        ("2,2026", ",2026", "line 6: 상담번호"),
        ("환불,\n", "환불,\n1,2026-01-05 09:09,고객,또요,u1,,,\n", "line 7: 상담번호"),
        ("환불요,u2,,환불,", "환불요,u2", "line 6"),
    ],
)
def test_a_bad_line_is_named(desk, tmp_path, old, new, field):
    files = csv_file(tmp_path, ROWS.replace(old, new))
    with pytest.raises(Invalid) as error:
        import_csv(desk, *files)
    assert error.value.field == field
    done = import_csv(desk, *files, skip_bad=True)
    assert [one.field for one in done.skipped] == [field]
    assert all(message.text != "" for session in desk.ask(q.ClosedList()).items for message in desk.each(q.Transcript(session)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": None}, "text"),
        ({"authors": {"고객": "someone"}}, "authors.고객"),
        ({"colour": "red"}, "colour"),
        ({"zone": "Mars/Olympus"}, "zone or encoding"),
        ({"encoding": "klingon"}, "zone or encoding"),
    ],
)
def test_a_bad_mapping_is_named(desk, tmp_path, changes, field):
    with pytest.raises(Invalid) as error:
        import_csv(desk, *csv_file(tmp_path, **changes))
    assert error.value.field == field


def test_a_column_that_is_not_there_is_named(desk, tmp_path):
    with pytest.raises(Invalid, match="없는 칸"):
        import_csv(desk, *csv_file(tmp_path, agent="없는 칸"))


def test_letters_of_another_encoding_are_named(desk, tmp_path):
    with pytest.raises(Invalid, match="line 1"):
        import_csv(desk, *csv_file(tmp_path, encoding="ascii"))
