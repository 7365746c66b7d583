"""Makes `docs/images/workspace.png`, the picture of the workspace: `python docs/workspace_picture.py`.

It needs Chromium, Playwright and a Korean font. The picture is not made anew by anything else: do so when the workspace looks another.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.web.browser.office import Workplace, chromium, working  # noqa: E402

from cschat import Actor  # noqa: E402
from cschat import commands as c  # noqa: E402
from cschat import queries as q  # noqa: E402
from cschat.core.content import Choice, Content  # noqa: E402

MOST = 200_000
"""Bytes."""


def furnish(place: Workplace) -> str:
    """A desk on a busy morning; the session that is open."""
    desk, mina = place.desk, place.agent(place.mina)
    for category in ("배송", "배송/지연", "배송/주소 변경", "환불", "환불/카드 취소", "교환"):
        desk.do(c.AddCategory(category))
    for shortcut, title, text in (
        ("인사", "첫 인사", "안녕하세요, {{ customer.name | default('고객') }} 고객님. 무엇을 도와드릴까요?"),
        ("주소변경", "주소 변경 안내", "출고 전이라면 바로 바꿔 드릴 수 있어요."),
    ):
        desk.do(c.AddCannedResponse(shortcut, text, title=title, examples=[title, text[:12]]))
    article = desk.do(
        c.AddArticle("받는 주소를 바꾸고 싶어요", "<p>출고 전이라면 마이페이지에서 바꿀 수 있어요.</p>", examples=["주소 변경"])
    )
    desk.do(c.PublishArticle(article))
    session = _talk(place)
    for name, text, category, priority in (
        ("이서연", "영수증을 다시 받을 수 있을까요?", "환불", "normal"),
        ("정민수", "결제가 두 번 됐어요", "환불/카드 취소", "urgent"),
        ("최유나", "내일 오후에 받을 수 있나요?", "배송/지연", "normal"),
    ):
        customer = place.asks(name, text)
        desk.do(c.SetCategory(customer.session, category))
        desk.do(c.SetPriority(customer.session, priority))
        mina.do(c.ClaimSession(customer.session))
        if name == "이서연":
            mina.do(c.SendMessage(customer.session, "네, 메일로 보내 드릴게요."))
            mina.do(c.HoldSession(customer.session, datetime.now(UTC) + timedelta(hours=1)))
    for name in ("강도현", "한소희", "오세훈"):
        place.asks(name, "문의드려요")
    place.left("윤아름", "제품 사용법이 궁금해요")
    return session


def _talk(place: Workplace) -> str:
    desk, mina = place.desk, place.agent(place.mina)
    known = desk.do(c.RegisterCustomer(member="u-2048", name="박지우", phone="010-2345-6789", email="jiwoo@example.com"))
    jiwoo = desk.acting_as(Actor.member("u-2048"))
    before = jiwoo.do(c.OpenSession(text="쿠폰이 적용되지 않아요"))
    jiwoo.do(c.RequestAgent(before))
    mina.do(c.ClaimSession(before))
    mina.do(c.EndSession(before, "resolved"))
    mina.do(c.WrapUp(before, note="쿠폰을 다시 발급했어요.", category="환불"))
    desk.do(c.UpdateCustomer(known, attributes={"등급": "골드", "누적 주문": 37}, device={"browser": "Chrome 130", "os": "Android 15"}))
    desk.do(c.TagCustomer(known, ["단골"]))
    session = jiwoo.do(c.OpenSession(page="https://shop.example.com/orders/20261120-0042")).id

    def bot(content: Content) -> None:
        desk.do(c.SendBotMessage(session, desk.ask(q.GetSession(session)).seq, content))

    choices = (Choice("배송 조회"), Choice("환불·교환"), Choice("상담사 연결"))
    bot(Content(kind="choices", text="안녕하세요! 무엇을 도와드릴까요?", choices=choices))  # type: ignore[arg-type]
    jiwoo.do(c.SendMessage(session, "배송 조회"))
    bot(Content(text="11월 22일에 출고되었어요. 상담사에게 연결해 드릴까요?"))
    jiwoo.do(c.SendMessage(session, "네, 연결해 주세요"))
    jiwoo.do(c.RequestAgent(session))
    mina.do(c.ClaimSession(session))
    mina.do(c.SendMessage(session, "안녕하세요, 박지우 고객님. 배송 상황을 바로 확인해 볼게요."))
    jiwoo.do(c.SendMessage(session, "네! 선물이라서 금요일까지 꼭 받아야 해요."))
    mina.do(c.AddNote(session, "@준호 택배사에 금요일 도착이 가능한지 확인 부탁해요."))
    mina.do(c.SendMessage(session, "택배사에 확인했어요. 내일 오전에 도착해요."))
    jiwoo.do(c.MarkRead(session, up_to=desk.ask(q.GetSession(session)).seq))
    jiwoo.do(c.SendMessage(session, "다행이네요! 혹시 받는 주소를 바꿀 수 있을까요? 동생이 이사를 했거든요 🏠"))
    desk.do(c.SetCategory(session, "배송/주소 변경"))
    desk.do(c.TagSession(session, ["VIP"]))
    return session


def main() -> None:
    """Make the picture."""
    with chromium() as browser, working(browser) as place:
        page = place.open(path=f"/sessions/{furnish(place)}", width=1360, height=820)
        page.locator(".chip").first.wait_for()
        page.locator(".earlier-one").first.wait_for()
        page.wait_for_timeout(500)
        path = ROOT / "docs" / "images" / "workspace.png"
        page.screenshot(path=path)
        assert path.stat().st_size < MOST, path.stat().st_size


if __name__ == "__main__":
    main()
