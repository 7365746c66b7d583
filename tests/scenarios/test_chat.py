"""Conversations with a scenario as people write them in their tests."""

import pytest
from tests.scenarios.refund import REFUND

from cschat.bots.format import load
from cschat.errors import Invalid

CLOSED = REFUND.replace("closed: leave", "closed: night") + "  night: {say: 지금은 업무시간이 아닙니다., next: leave}\n"


@pytest.fixture
def returns(tmp_path):
    path = tmp_path / "returns.yaml"
    path.write_text(CLOSED, encoding="utf-8")
    return path


def test_wrong_order_number_reaches_a_person(scenario, returns):
    chat = scenario(returns, actions={"find_order": lambda order_no: {"status": "배송중"}})
    chat.says("환불")
    chat.expects("주문번호 10자리")
    chat.says("12")
    chat.says("3")
    chat.says("x")
    chat.expects_handoff(category="환불")


def test_at_night_a_message_is_left(scenario, returns):
    chat = scenario(returns, opened=False)
    chat.clock.at("금 22:10")
    chat.says("상담사 연결")
    chat.expects("업무시간")
    chat.says("김하늘")
    chat.says("01012345678")
    chat.says("환불 부탁드려요")
    chat.expects_message(name="김하늘", phone="010-1234-5678")
    assert "person > nobody" in chat.uncovered()
    assert "person > closed" not in chat.uncovered()


def test_a_refund_to_the_end(scenario):
    chat = scenario(REFUND, actions={"find_order": {"status": "배송완료", "item": "머그컵"}})
    chat.picks("환불")
    chat.says("1234567890")
    chat.expects("머그컵", "환불을 진행할까요?")
    assert chat.variables["order_no"] == "1234567890"
    chat.picks("네, 환불할게요")
    chat.expects_end("resolved")
    assert chat.path[0] == "hello > choose:1"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda chat: chat.expects("교환"), "expected '교환', but the bot said:\n  안녕하세요"),
        (lambda chat: chat.expects("무엇", "안녕"), "expected '안녕' after that"),
        (lambda chat: chat.expects_nothing(), "expected nothing"),
        (lambda chat: chat.expects_handoff(), "expected people to take over, but it waits at the step 'hello'"),
        (lambda chat: chat.expects_message(), "expected a message to be left"),
        (lambda chat: chat.expects_end(), "expected the end, but it waits"),
        (lambda chat: chat.picks("교환"), "there is no button '교환'; there are 환불, 배송 조회, 상담사 연결"),
        (lambda chat: (chat.says("상담사 연결"), chat.expects_handoff(category="배송")), "with category '환불', not '배송'"),
        (
            lambda chat: (chat.says("상담사 연결"), chat.expects_handoff(category="배송", priority="low")),
            "with category '환불', not '배송', and with priority 'high', not 'low'",
        ),
        (lambda chat: (chat.says("상담사 연결"), chat.says("네")), "the scenario is over"),
    ],
)
def test_what_does_not_hold_is_told_with_the_conversation(scenario, wrong, told):
    chat = scenario(REFUND)
    with pytest.raises(AssertionError) as caught:
        wrong(chat)
    assert told in str(caught.value)
    assert "The conversation:\n     bot | 안녕하세요" in str(caught.value)


def test_what_comes_nearest_is_shown_with_marks_where_it_differs(scenario):
    chat = scenario(REFUND)
    chat.says("환불")
    with pytest.raises(AssertionError) as caught:
        chat.expects("주문번호 11자리를")
    near = [
        "The nearest is (- expected, + said):",
        "  - 주문번호 11자리를",
        "  ?           ^",
        "  + 주문번호 10자리를 알려 주세요.",
        "  ?           ^",
    ]
    assert "\n".join(near) in str(caught.value)
    assert str(caught.value).endswith("The path: hello > choose:1\nNow it waits at the step 'order_no'")


def test_which_edges_were_taken_also_of_a_scenario_that_was_called(scenario):
    inner = {"scenario": "inner", "start": "a", "steps": {"a": {"choose": [{"label": "네", "goto": "b"}]}, "b": {"end": "x"}}}
    outer = {"scenario": "outer", "start": "a", "steps": {"a": {"call": "inner", "next": "b"}, "b": {"goto": "c"}, "c": {"end": "x"}}}
    chat = scenario(outer, others={"inner": load(inner)})
    assert chat.taken() == {"outer": {"a > next": False, "b > goto": False}}
    chat.says("네")
    assert chat.taken() == {"outer": {"a > next": True, "b > goto": True}, "inner": {"a > choose:1": True}}
    assert chat.play.path == [
        ("outer", "a", "next"),
        ("inner", "a", "choose:1"),
        ("inner", "b", "back"),
        ("outer", "b", "goto"),
        ("outer", "c", "end"),
    ]


def test_a_time_that_is_none_is_refused(scenario):
    with pytest.raises(Invalid):
        scenario(REFUND).clock.at("언젠가")
