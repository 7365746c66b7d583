"""Scenarios in a desk: what customers say and what bots answer, as sessions, events and effects."""

import pytest
from tests.scenarios.refund import REFUND

from cschat import Actor, AsyncDesk, Desk, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.bots import Document, library, text_index
from cschat.bots.engine import Found
from cschat.core.labels import Category
from cschat.core.people import Customer
from cschat.errors import Invalid
from cschat.testing import FakeClock


@pytest.fixture
def desk():
    with Desk.open(clock=FakeClock(), seed=1) as desk:
        desk.do(c.PublishScenario(REFUND))
        desk.do(c.ChangeBrand(entry=[{"scenario": "refund"}]))
        yield desk


def talk(desk, session, *texts):
    for text in texts:
        desk.do(c.SendMessage(session, text=text))
        desk.settle()


def said(desk, session):
    return [(str(message.author), message.text) for message in desk.each(q.Transcript(session))]


def looked(desk, session):
    return desk.store.read(lambda tx: tx.get(Session, session.id))


def test_a_refund_from_the_first_button_to_the_end(desk):
    calls = []

    @desk.action()
    def find_order(order_no):
        calls.append(order_no)
        return {"status": "배송완료", "item": "머그컵"}

    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    talk(visitor, session, "환불이요", "12", "1234567890", "네, 환불할게요")

    assert calls == ["1234567890"]
    assert said(visitor, session) == [
        ("bot", "안녕하세요, 무엇을 도와드릴까요?"),
        ("customer", "환불이요"),
        ("bot", "주문번호 10자리를 알려 주세요."),
        ("customer", "12"),
        ("bot", "다시 한번 확인해 주세요.\n주문번호 10자리를 알려 주세요."),
        ("customer", "1234567890"),
        ("bot", "머그컵 환불을 진행할까요?"),
        ("customer", "네, 환불할게요"),
        ("bot", "환불을 접수했습니다."),
    ]
    after = looked(desk, session)
    assert (after.state, after.reason, after.main) == (State.CLOSED, "resolved", None)


def test_what_the_customer_says_and_what_the_bot_answers_are_one_commit(desk):
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    visitor.do(c.SendMessage(session, text="환불"))  # nothing is settled: no timer, no relay has run
    assert said(visitor, session)[-1] == ("bot", "주문번호 10자리를 알려 주세요.")


def test_the_first_text_of_a_session_is_an_answer(desk):
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession(text="환불"))
    assert said(visitor, session)[-1] == ("bot", "주문번호 10자리를 알려 주세요.")


def test_a_person_is_asked_for_with_category_and_priority(desk):
    desk.do(c.AddAgent(name="민아", status="available"))
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    talk(visitor, session, "상담사 연결")
    after = looked(desk, session)
    category = desk.store.read(lambda tx: tx.get(Category, after.category))
    assert (after.state, str(after.priority), category.path, after.main) == (State.QUEUED, "high", "환불", None)


@pytest.mark.parametrize("accepting", ["closed", "auto"])  # auto: nobody is there
def test_where_nobody_can_come_a_message_is_left(desk, accepting):
    desk.do(c.ChangeBrand(accepting=accepting))
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    talk(visitor, session, "상담사 연결", "김하늘", "010 1234 5678", "환불이 안 됩니다")
    after = looked(desk, session)
    assert after.state is State.INTAKE
    assert said(visitor, session)[-1] == ("bot", "남겨 주신 내용을 확인하고 답변드릴게요.")
    note = said(desk, session)[-1][1]
    assert note == "name: 김하늘\nphone: 010-1234-5678\nmessage: 환불이 안 됩니다"
    customer = desk.store.read(lambda tx: tx.get(Customer, after.customer))
    assert (customer.profile.name, customer.profile.phone) == ("김하늘", "010-1234-5678")


def test_an_action_that_fails_leads_to_on_error(desk):
    desk.do(c.AddAgent(name="민아", status="available"))

    @desk.action()
    def find_order(order_no):
        raise KeyError(order_no)

    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    talk(visitor, session, "환불", "1234567890")
    assert looked(desk, session).state is State.QUEUED


def test_an_action_that_nobody_runs_is_given_up_after_its_timeout_and_its_late_answer_is_dropped(desk):
    desk.do(c.AddAgent(name="민아", status="available"))
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    talk(visitor, session, "환불", "1234567890")
    asked = looked(desk, session).main.asked
    desk.advance(seconds=4)
    assert looked(desk, session).state is State.BOT
    desk.advance(seconds=2)
    assert looked(desk, session).state is State.QUEUED

    desk.acting_as(Actor.system).do(c.AnswerAction(session, asked, {"status": "배송완료", "item": "머그컵"}))
    assert looked(desk, session).state is State.QUEUED
    assert [event.type for event in desk.each(q.History(session))][-1] == "ActionAnswerDropped"


def test_what_is_said_while_an_action_runs_moves_nothing(desk):
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    talk(visitor, session, "환불", "1234567890")
    before = looked(desk, session)
    visitor.do(c.SendMessage(session, text="아직인가요?"))
    after = looked(desk, session)
    assert (after.main, after.seq) == (before.main, before.seq + 1)


def test_when_an_agent_steps_in_the_bot_is_silent(desk):
    mina = desk.do(c.AddAgent(name="민아", status="available"))
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    desk.acting_as(Actor.agent(mina)).do(c.ClaimSession(session))
    talk(visitor, session, "환불")
    assert said(visitor, session)[-1] == ("customer", "환불")
    assert looked(desk, session).wake is None


def test_a_session_finishes_on_the_version_it_began_with(desk):
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    again = desk.do(c.PublishScenario(REFUND))
    assert again.version == 1
    assert desk.do(c.PublishScenario(REFUND.replace("10자리를", "열 자리를"))).version == 2
    talk(visitor, session, "환불")
    other = desk.acting_as(Actor.guest("b"))
    later = other.do(c.OpenSession(text="환불"))
    assert said(visitor, session)[-1] == ("bot", "주문번호 10자리를 알려 주세요.")
    assert said(other, later)[-1] == ("bot", "주문번호 열 자리를 알려 주세요.")


def test_a_scenario_that_cannot_go_on_hands_over_to_people(desk):
    desk.do(c.AddAgent(name="민아", status="available"))
    desk.action("find_order")(lambda order_no: {"status": "배송완료"})  # no item: the text cannot be filled in
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    talk(visitor, session, "환불", "1234567890")
    failed = [event.body for event in desk.each(q.History(session)) if isinstance(event.body, e.ScenarioFailed)]
    assert [body.step for body in failed] == ["confirm"]
    assert looked(desk, session).state is State.QUEUED


def test_so_it_does_in_a_process_that_has_not_seen_it_before(desk):
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    desk.do(c.PublishScenario(REFUND.replace("10자리를", "열 자리를")))
    elsewhere = Desk.open(desk.store, clock=desk.clock).acting_as(Actor.guest("a"))
    elsewhere.do(c.SendMessage(session, text="환불"))
    assert said(visitor, session)[-1] == ("bot", "주문번호 10자리를 알려 주세요.")


def test_nobody_waits_for_the_bot_once_people_have_it(desk):
    mina = desk.do(c.AddAgent(name="민아", status="available"))
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession())
    talk(visitor, session, "환불", "1234567890")
    assert looked(desk, session).wake is not None
    desk.acting_as(Actor.agent(mina)).do(c.ClaimSession(session))
    assert looked(desk, session).wake is None
    desk.advance(seconds=10)
    assert looked(desk, session).state is State.ACTIVE


def test_a_consent_is_recorded_and_what_is_known_is_not_asked_again(desk):
    desk.do(c.PublishScenario(library.scenario("profile_bot")))
    desk.do(c.ChangeBrand(entry=[{"scenario": "profile_bot"}]))
    visitor = desk.acting_as(Actor.member("u1"))
    session = visitor.do(c.OpenSession())
    talk(visitor, session, "동의합니다", "김하늘", "01012345678", "sky@example.com")
    (customer,) = desk.store.stream(Customer)
    assert (customer.name, customer.profile.phone, customer.profile.email) == ("김하늘", "010-1234-5678", "sky@example.com")
    assert [(one.what, one.version, one.given) for one in customer.consents] == [("개인정보 수집·이용", "1", True)]
    assert looked(desk, session).state is State.CLOSED

    again = visitor.do(c.OpenSession())
    assert said(visitor, again) == [("bot", "알려 주셔서 감사합니다.")]
    visitor.do(c.RecordConsent("개인정보 수집·이용", "상담과 답변", "1", given=False))
    third = visitor.do(c.OpenSession())
    assert "동의하시겠어요?" in said(visitor, third)[-1][1]


def test_a_broken_scenario_is_refused_with_its_line(desk):
    with pytest.raises(Invalid, match="line 5"):
        desk.do(c.PublishScenario("scenario: x\nstart: a\nsteps:\n  a: {say: hi, next: b}\n  b: {sey: no}\n"))


def test_entry_rules_choose_by_channel_kind_page_and_hours(desk):
    for name in ("app", "closed", "pay"):
        desk.do(
            c.PublishScenario(
                f"scenario: {name}\nstart: a\nsteps:\n  a: {{say: {name}, choose: [{{label: x, goto: b}}]}}\n  b: {{end: done}}\n"
            )
        )
    rules = [
        {"scenario": "app", "channel": "app"},
        {"scenario": "pay", "page": "*/checkout*"},
        {"scenario": "closed", "open": False, "customer": "member"},
    ]
    desk.do(c.ChangeBrand(entry=rules))
    guest, member = desk.acting_as(Actor.guest("a")), desk.acting_as(Actor.member("u1"))
    first = {
        "app": said(guest, guest.do(c.OpenSession(channel="app"))),
        "pay": said(guest, guest.do(c.OpenSession(page="https://shop.example/checkout?x=1"))),
        "closed": said(member, member.do(c.OpenSession())),
        "none": said(guest, guest.do(c.OpenSession())),
    }
    assert first == {"app": [("bot", "app")], "pay": [("bot", "pay")], "closed": [("bot", "closed")], "none": []}


RATING = """
scenario: rating
start: ask
steps:
  ask: {rate: {scale: 5}, say: 상담은 어떠셨나요?, next: thanks}
  thanks: {end: rated, say: 고맙습니다.}
"""


def test_a_rating_after_the_end_is_a_step_of_the_side_scenario(desk):
    mina = desk.do(c.AddAgent(name="민아", status="available"))
    desk.do(c.PublishScenario(RATING))
    desk.do(c.ChangeBrand(entry=[], beside={"ended": "rating"}))
    visitor, agent = desk.acting_as(Actor.guest("a")), desk.acting_as(Actor.agent(mina))
    session = visitor.do(c.OpenSession(text="문의"))
    agent.do(c.ClaimSession(session))
    agent.do(c.EndSession(session))
    talk(visitor, session, "4점")
    after = looked(desk, session)
    assert (after.rating, after.side, after.state) == (4, None, State.WRAP_UP)
    assert said(visitor, session)[-1] == ("bot", "고맙습니다.")


def test_other_words_do_not_go_to_the_side_scenario(desk):
    mina = desk.do(c.AddAgent(name="민아", status="available"))
    desk.do(c.PublishScenario(RATING))
    desk.do(c.ChangeBrand(entry=[], beside={"ended": "rating"}))
    visitor, agent = desk.acting_as(Actor.guest("a")), desk.acting_as(Actor.agent(mina))
    session = visitor.do(c.OpenSession(text="문의"))
    agent.do(c.ClaimSession(session))
    agent.do(c.EndSession(session))
    talk(visitor, session, "하나만 더 여쭤볼게요")
    assert looked(desk, session).rating is None
    assert said(visitor, session)[-1] == ("customer", "하나만 더 여쭤볼게요")


def test_a_question_is_answered_from_the_knowledge(desk):
    index = text_index([Document("delivery", "배송은 얼마나 걸리나요?"), Document("return", "반품은 어떻게 하나요?")])
    texts = {"delivery": "보통 이틀 걸립니다.", "return": "7일 안에 신청해 주세요."}

    def search(text, section, limit):
        answer = index.search(text, limit)
        return [Found(hit.id, hit.id, texts[hit.id]) for hit in answer.hits] if answer.confident else []

    desk.faq(search)
    desk.do(c.PublishScenario(library.scenario("faq_first")))
    desk.do(c.ChangeBrand(entry=[{"scenario": "faq_first"}]))
    visitor = desk.acting_as(Actor.guest("a"))
    session = visitor.do(c.OpenSession(text="배송 얼마나 걸려요"))
    assert "보통 이틀 걸립니다." in said(visitor, session)[-1][1]
    talk(visitor, session, "네, 해결됐어요", "5")
    after = looked(desk, session)
    assert (after.state, after.rating) == (State.CLOSED, 5)


@pytest.mark.anyio
async def test_an_async_desk_runs_coroutine_actions(anyio_backend):
    desk = AsyncDesk.open(clock=FakeClock(), seed=1)
    await desk.do(c.PublishScenario(REFUND))
    await desk.do(c.ChangeBrand(entry=[{"scenario": "refund"}]))

    @desk.action()
    async def find_order(order_no):
        return {"status": "배송완료", "item": order_no}

    visitor = desk.acting_as(Actor.guest("a"))
    session = await visitor.do(c.OpenSession(text="환불"))
    await visitor.do(c.SendMessage(session, text="1234567890"))
    await desk.settle()
    texts = [message.text async for message in visitor.each(q.Transcript(session))]
    assert texts[-1] == "1234567890 환불을 진행할까요?"
    await desk.close()


def test_versions_follow_each_other_on_every_store(url):
    with Desk.open(url, clock=FakeClock()) as desk:
        published = [desk.do(c.PublishScenario(REFUND.replace("환불을 접수했습니다.", f"접수했습니다. {number}"))) for number in range(11)]
        assert [one.version for one in published] == list(range(1, 12))
        desk.do(c.ChangeBrand(entry=[{"scenario": "refund"}]))
        assert looked(desk, desk.acting_as(Actor.guest("a")).do(c.OpenSession())).main.scenario == published[-1].id


# ------------------------------------------------------------------------------------------------------------ opening hours

NIGHT = {
    "scenario": "night",
    "start": "hello",
    "steps": {
        "hello": {"say": "오늘은 {{ hours.today }}.", "next": "when"},
        "when": {"branch": [{"when": "hours.open", "goto": "person"}], "else": "later"},
        "later": {"say": "{{ hours.next_opening }} 열어요.", "next": "person"},
        "person": {"handoff": {}, "closed": "shut", "nobody": "none"},
        "shut": {"say": "닫혀 있어요.", "next": "stop"},
        "none": {"say": "아무도 없어요.", "next": "stop"},
        "stop": {"end": "told"},
    },
}


@pytest.fixture
def night():
    """A brand with hours, on Tuesday, 3 March 2026, and a bot that tells them."""
    clock = FakeClock("2026-03-03 08:00")
    with Desk.open(clock=clock, seed=1) as desk:
        desk.do(c.PublishScenario(NIGHT))
        desk.do(c.ChangeBrand(entry=[{"scenario": "night"}]))
        desk.do(c.SetHours(lunch="12:00-13:00"))
        yield desk, clock


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (0, ["오늘은 09:00-12:00, 13:00-18:00.", "오늘 오전 9시부터 열어요.", "닫혀 있어요."]),
        (2, ["오늘은 09:00-12:00, 13:00-18:00.", "아무도 없어요."]),
        (4, ["오늘은 09:00-12:00, 13:00-18:00.", "오늘 오후 1시부터 열어요.", "닫혀 있어요."]),
        (10, ["오늘은 09:00-12:00, 13:00-18:00.", "내일 오전 9시부터 열어요.", "닫혀 있어요."]),
    ],
    ids=["before opening", "open without agents", "lunch", "after closing"],
)
def test_a_scenario_knows_the_hours_and_takes_its_branch_by_them(night, hours, told):
    desk, clock = night
    clock.advance(hours=hours)
    session = desk.acting_as(Actor.guest("a")).do(c.OpenSession())
    assert [text for who, text in said(desk, session) if who == "bot"] == told


def test_an_entry_rule_follows_the_hours(night):
    desk, clock = night
    desk.do(c.AddAgent(name="민아", status="available"))
    desk.do(c.ChangeBrand(entry=[{"scenario": "night", "open": False}]))
    visitor = desk.acting_as(Actor.guest("a"))
    closed = visitor.do(c.OpenSession())
    clock.advance(hours=1)
    opened = visitor.do(c.OpenSession())
    assert [bool(said(desk, session)) for session in (closed, opened)] == [True, False]
