"""What customers asked that no scenario knew, found in the log of a desk and put together."""

import random
from collections import Counter

import pytest

from cschat import Actor, Content, ContentKind, Desk
from cschat import commands as c
from cschat import queries as q
from cschat.bots.candidates import Question, grouped, groups_of
from cschat.bots.engine import Found
from cschat.core.content import Media
from cschat.testing import FakeClock

BOT = """
scenario: shop
start: hello
steps:
  hello:
    choose: [{label: 배송 조회, goto: number}, {label: 상담사 연결, goto: person}]
    otherwise: look_up
  look_up: {faq: {limit: 2}, helped: stop, not_helped: sorry}
  sorry: {say: 다시 골라 주세요., next: again}
  again:
    choose: [{label: 상담사 연결, goto: person}, {label: 그만, goto: stop}]
  number: {ask: number, prompt: 주문번호?, type: number, retries: 1, on_fail: person, next: stop}
  person: {handoff: {}, closed: leave, nobody: leave}
  leave: {leave_message: [name, message]}
  stop: {end: resolved}
"""


@pytest.fixture
def desk():
    with Desk.open(clock=FakeClock(), seed=1) as desk:
        desk.do(c.PublishScenario(BOT))
        desk.do(c.ChangeBrand(entry=[{"scenario": "shop", "channel": "web"}]))
        desk.do(c.AddAgent(name="민아", status="available"))
        desk.faq(lambda text, section, limit: [Found("art_1", "포장은 어떻게 하나요?", "무료입니다.")] if "포장" in text else [])
        yield desk


def talk(desk, *texts, channel="web", first=None):
    door = desk.acting_as(Actor.guest(f"g{random.random()}"))
    session = door.do(c.OpenSession(channel=channel, text=first))
    for text in texts:
        door.do(c.SendMessage(session, text=text) if isinstance(text, str) else c.SendMessage(session, content=text))
        desk.settle()
    return session


def found(desk, **how):
    return {group.typical: group for group in desk.ask(q.Candidates(**{"least": 1, **how}))}


@pytest.mark.parametrize(
    ("texts", "why", "step", "people"),
    [
        (["쿠폰이 안 먹어요"], {"otherwise": 1, "nothing_found": 1}, "hello", 0),
        (["쿠폰이 안 먹어요", "상담사 연결"], {"otherwise": 1, "nothing_found": 1}, "hello", 1),
        (["포장 취소하고 싶어요", "아니요"], {"otherwise": 1, "not_helped": 1}, "hello", 0),
        (["포장 취소하고 싶어요", "네, 해결됐어요"], None, "", 0),
    ],
)
def test_what_no_button_and_no_article_knew(desk, texts, why, step, people):
    talk(desk, *texts)
    groups = found(desk)
    assert [(group.why, group.origins[0].scenario, group.origins[0].step, group.people) for group in groups.values()] == (
        [] if why is None else [(why, "shop", step, people)]
    )
    assert list(groups) == ([] if why is None else texts[:1])


def test_what_was_asked_again_and_what_is_no_question(desk):
    talk(desk, "배송 조회", "열두 개", "스물 개")  # wrong answers to a question of ours, and then a person: no question of theirs
    assert found(desk) == {}
    talk(desk, "쿠폰", "적립금은 언제 쌓이나요")
    assert found(desk)["적립금은 언제 쌓이나요"].why == {"not_understood": 1}
    talk(desk, "상담사 연결")
    talk(desk, Content(kind=ContentKind.IMAGE, media=Media("a.png", "image/png", url="https://shop.example/a.png")))
    talk(desk, "!!!")
    assert sum(group.size for group in found(desk).values()) == 2


def test_a_person_asked_for_right_after_a_free_text_with_no_bot_at_all(desk):
    session = talk(desk, channel="app", first="앱에서 결제가 안 돼요")
    door = desk.acting_as(Actor.system)
    door.do(c.RequestAgent(session))
    (group,) = desk.ask(q.Candidates(least=1))
    assert (group.typical, group.why, group.origins[0].scenario, group.people) == ("앱에서 결제가 안 돼요", {"asked_for_person": 1}, "", 1)
    assert desk.ask(q.Candidates("shop", least=1)) == []
    talk(desk, "쿠폰이 안 먹어요")
    assert [group.typical for group in desk.ask(q.Candidates("shop", least=1))] == ["쿠폰이 안 먹어요"]


def test_what_was_erased_is_asked_no_more(desk):
    session = talk(desk, "쿠폰이 안 먹어요")
    assert len(found(desk)) == 1
    desk.do(c.EraseCustomer(desk.ask(q.GetSession(session)).customer))
    assert found(desk) == {}


COUPON = ["쿠폰이 적용되지 않아요", "쿠폰 적용이 안 됩니다", "쿠폰이 적용 안돼요", "쿠폰 적용 안되네요", "쿠폰적용이 안 돼요"]
GIFT = ["선물 포장 되나요?", "선물포장 가능한가요", "선물 포장도 되나요", "선물 포장해 주실 수 있나요?"]
RECEIPT = ["현금영수증 발급해 주세요", "현금 영수증 발급 부탁드려요", "현금영수증 발급 되나요"]
PASSWORD = [
    "I forgot my password",
    "forgot password",
    "how do I reset my password",
    "I forgot the password of my account",
    "reset password please",
]
INVOICE = ["Can I get an invoice?", "I need an invoice for my order", "please send me an invoice"]
MADE = [COUPON, GIFT, RECEIPT, PASSWORD, INVOICE]


def test_like_questions_come_together_in_korean_and_english(desk):
    texts = [text for group in MADE for text in group]
    random.Random(7).shuffle(texts)
    for text in texts:
        talk(desk, text)
    groups = desk.ask(q.Candidates())
    assert [{group.typical, *group.examples} for group in groups[:2]] in ([{*COUPON}, {*PASSWORD}], [{*PASSWORD}, {*COUPON}])
    for made in MADE:
        assert any({group.typical, *group.examples} == {*made} for group in groups), (made, groups)
    assert [group.size for group in groups] == sorted((group.size for group in groups), reverse=True)
    assert all(len(group.sessions) == min(group.size, 5) for group in groups)


def test_the_same_questions_give_the_same_groups_in_any_order():
    questions = [
        Question(text, f"ses_{number:03}", "shop", "hello", ("otherwise",), people=False)
        for number, text in enumerate([text for group in MADE for text in group] * 3)
    ]
    once = grouped(questions)
    for seed in range(5):
        random.Random(seed).shuffle(questions)
        assert grouped(questions) == once
    assert once[0].size == 15
    assert grouped([]) == []


def test_the_most_frequent_wording_is_typical():
    texts = ["쿠폰 적용이 안 됩니다"] * 5 + COUPON
    (group,) = grouped([Question(text, f"ses_{n}", "s", "h", ("otherwise",), people=n < 4) for n, text in enumerate(texts)])
    assert (group.typical, group.size, group.people, group.why) == ("쿠폰 적용이 안 됩니다", 10, 4, {"otherwise": 10})
    assert "쿠폰적용이 안 돼요" in group.examples


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text", "kind", "floors"),
    [
        ("bitext-support/dev", "utterance", "intent", (0.66, 0.43)),
        ("banking77/oos_valid", "text", "intent", (0.6, 0.2)),
        ("ko-chatbot-qa/qa", "Q", "A", (0.8, 0.35)),
    ],
)
def test_groups_agree_with_what_people_called_alike(table, name, text, kind, floors):
    """Of a question's group so many are of its kind, and so many of its kind are in its group, on average."""
    rows = [row for row in table(f"{name}.csv.gz") if row[kind]]
    random.Random(1).shuffle(rows)
    kinds = {row[text]: row[kind] for row in rows[:1500]}
    questions = [Question(one, f"ses_{number}", "s", "h", ("otherwise",), people=False) for number, one in enumerate(kinds)]
    groups = [[kinds[question.text] for question in group] for group in groups_of(questions)]
    every = Counter(kinds.values())
    counts = [(Counter(group), len(group)) for group in groups]
    pure = sum(count * count / size for group, size in counts for count in group.values()) / len(kinds)
    whole = sum(count * count / every[one] for group, _ in counts for one, count in group.items()) / len(kinds)
    assert (pure >= floors[0], whole >= floors[1]) == (True, True), (pure, whole)


def test_of_very_many_texts_the_most_frequent_are_put_together(monkeypatch):
    monkeypatch.setattr("cschat.bots.candidates.MOST_TEXTS", 2)
    texts = ["가나다", "가나다", "라마바", "라마바", "사아자"]
    groups = grouped([Question(text, f"ses_{n}", "s", "h", ("otherwise",), people=False) for n, text in enumerate(texts)])
    assert [group.typical for group in groups] == ["가나다", "라마바"]
