"""The scenario library: nothing is wrong with it, every edge can be taken, and it talks as it should."""

import pytest

from cschat.bots.check import World, check
from cschat.bots.explore import explore
from cschat.bots.library import names, scenario
from cschat.errors import NotFound

ORDER = {
    "status": "배송완료",
    "item": "머그컵",
    "courier": "한빛택배",
    "tracking_no": "1234",
    "arrives": "11월 26일",
    "amount": 24000,
    "account": "한빛은행 1-2",
}


def others():
    return {name: scenario(name) for name in names()}


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("channel", ["web", "naver", "kakao", "telegram"])
def test_nothing_is_wrong_with_it_on_any_channel(name, channel):
    side = name in ("guide_bot", "rating_bot", "helper_bot")
    assert check(scenario(name), World(scenarios=others(), channels=(channel,), side=side)) == []


@pytest.mark.parametrize("name", names())
def test_every_edge_can_be_taken(name):
    assert explore(scenario(name), World(scenarios=others())).uncovered == {}


@pytest.mark.parametrize("name", names())
def test_it_is_there_in_korean_and_english(name):
    assert scenario(name).languages == ("ko", "en")


def test_what_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        scenario("../library/rating_bot")


@pytest.fixture
def begin(scenario):
    """A conversation with a scenario of the library."""
    from cschat.bots import library

    return lambda name, **settings: scenario(library.scenario(name), **settings)


def test_a_parcel_on_its_way(begin):
    chat = begin("delivery_tracking", actions={"find_order": ORDER | {"status": "배송중"}}, customer={"name": "하늘"})
    chat.expects("하늘님", "주문번호 10자리")
    chat.says("1234567890")
    chat.expects("한빛택배 1234", "11월 26일", "더 도와드릴 일이 있을까요?")
    chat.picks("괜찮아요")
    chat.says("5점")
    chat.expects_end("resolved")


def test_a_parcel_that_did_not_come_reaches_a_person(begin):
    chat = begin("delivery_tracking", actions={"find_order": ORDER})
    chat.says("1234567890")
    chat.picks("못 받았어요")
    chat.expects_handoff(category="배송")


def test_an_order_that_is_not_found_reaches_a_person(begin):
    chat = begin("delivery_tracking", actions={"find_order": "fail"})
    chat.says("1234567890")
    chat.expects("주문을 찾지 못했어요.", "상담사에게 연결해 드릴게요.")
    chat.expects_handoff()


def test_a_return(begin):
    asked = []
    chat = begin("exchange_return", actions={"find_order": ORDER, "request_return": lambda **given: asked.append(given) or {"no": "R-1"}})
    chat.says("반품할게요")
    chat.says("1234567890")
    chat.expects("머그컵의 반품 사유")
    chat.says("사이즈가 맞지 않아요")
    chat.says("1")
    chat.expects("접수번호는 R-1")
    assert asked == [{"order_no": "1234567890", "kind": "반품", "reason": "사이즈가 맞지 않아요"}]


def test_wrong_order_numbers_reach_a_person_and_at_night_a_message_is_left(begin):
    chat = begin("exchange_return", opened=False)
    chat.picks("교환")
    for wrong in ("1", "2", "3"):
        chat.says(wrong)
    chat.expects("업무시간이 아닙니다")
    for said in ("김하늘", "010-1234-5678", "교환하고 싶어요"):
        chat.says(said)
    chat.expects_message(name="김하늘", message="교환하고 싶어요")


def test_an_address_is_changed_in_english(begin):
    chat = begin("order_change", language="en", actions={"find_order": {"status": "결제완료"}, "change_address": {}})
    chat.picks("Address")
    chat.says("1234567890")
    chat.says("1 Worldcup-ro, Mapo-gu, Seoul")
    chat.expects("Shall I change it to 1 Worldcup-ro")
    chat.says("yes please")
    chat.expects("has been changed")


def test_an_order_that_has_left_goes_to_a_person(begin):
    chat = begin("order_change", actions={"find_order": ORDER})
    chat.picks("배송지 변경")
    chat.says("1234567890")
    chat.expects("이미 출고되어")
    chat.expects_handoff(category="주문변경")


def test_a_deposit_that_is_awaited(begin):
    chat = begin("payment_deposit", actions={"find_order": ORDER | {"status": "입금대기"}})
    chat.says("입금확인")
    chat.says("1234567890")
    chat.expects("한빛은행 1-2(으)로 24,000원")


def test_a_repair_needs_consent(begin):
    chat = begin("after_service", actions={"register_service": {"no": "S-7"}})
    for said in ("공기청정기", "전원이 안 켜져요"):
        chat.says(said)
    chat.expects("동의하시겠어요?")
    chat.picks("동의합니다")
    for said in ("김하늘", "01012345678"):
        chat.says(said)
    chat.expects("접수번호는 S-7")


def test_a_gift_is_shown_with_pictures(begin):
    chat = begin("recommendation")
    chat.picks("선물")
    chat.expects("머그컵 2종 세트", "선물로 많이 찾으시는")


def test_no_answer_in_the_knowledge_leads_on(begin):
    chat = begin("faq_first")
    chat.says("우주선은 언제 와요?")
    chat.expects("맞는 답변을 찾지 못했어요.")
    chat.picks("상담사 연결")
    chat.expects_handoff(category="FAQ")


def test_a_message_is_left_when_nobody_is_there(begin):
    chat = begin("absence_intake")
    chat.says("문의 남길게요")
    for said in ("김하늘", "010 1234 5678", "재입고 알려 주세요"):
        chat.says(said)
    chat.expects_message(phone="010-1234-5678")


def test_the_bots_beside_people(begin):
    guide = begin("guide_bot", side=True)
    guide.expects("1번째 순서", "약 5분 뒤", "오늘 상담 시간은 09:00-18:00입니다.")
    rating = begin("rating_bot", side=True)
    rating.says("별 다섯")
    rating.expects("소중한 의견")
    helper = begin("helper_bot", side=True)
    helper.says("1234567890")
    helper.expects("상담사에게 전달했어요")
    assert begin("helper_bot", side=True, customer={"order_no": "1"}).play.ended == "collected"


def test_the_profile_bot_asks_only_for_what_is_not_known(begin):
    chat = begin("profile_bot", customer={"name": "하늘", "email": "sky@example.com"})
    chat.picks("동의합니다")
    chat.expects("연락처")
    chat.says("010-1234-5678")
    chat.expects_end("known")
    assert begin("profile_bot").play.effects == []
