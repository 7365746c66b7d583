"""The desk of 하늘상점, as whoever tries the demo finds it: set up, with some days behind it, and customers who wait.

Nothing is written past the desk: its past is made by the commands that people give, on a clock of its own.
"""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from cschat import Actor, Desk, PanelItem
from cschat import commands as c
from cschat.bots import library
from cschat.core.clock import FakeClock

import past

HERE = Path(__file__).parent
SHOP = yaml.safe_load((HERE / "shop.yaml").read_text(encoding="utf-8"))
BOT = yaml.safe_load((HERE / "bot.yaml").read_text(encoding="utf-8"))
ORDERS = {
    "1042": {"member": "suji", "item": "구름 머그", "state": "배송중", "arrives": "내일"},
    "1043": {"member": "yerin", "item": "노을 담요", "state": "상품준비중", "arrives": "모레"},
}


def make(url: str) -> None:
    """Set up an empty desk, let the last days pass on it, and bring in those who are there now."""
    now = datetime.now(ZoneInfo(SHOP["brand"]["zone"]))
    with Desk.open(url, brand="shop", clock=FakeClock(now - timedelta(days=past.DAYS)), seed=2026) as desk:
        connect(desk)
        agents = set_up(desk)
        past.play(desk, agents, SHOP, until=now - timedelta(minutes=30))
        present(desk, agents[0], now)


def connect(desk: Desk) -> None:
    """What the shop itself knows: its bot asks for an order, and agents see a member's orders beside the talk."""

    @desk.action()
    def find_order(order_no):
        return ORDERS[order_no]

    @desk.customer_info
    def orders(customer):
        theirs = {no: order for no, order in ORDERS.items() if customer.key == f"member:{order['member']}"}
        return [PanelItem(f"주문 {no}", f"{order['item']} · {order['state']}") for no, order in theirs.items()]


def set_up(desk: Desk) -> list[Desk]:
    """What shop.yaml says, the bots, and two agents, of whom it gives the doors."""
    desk.do(c.ChangeBrand(**SHOP["brand"]))
    desk.do(c.SetHours(**SHOP["hours"]))
    for path in SHOP["categories"]:
        desk.do(c.AddCategory(path))
    for kind in ("session", "customer"):
        for name in SHOP[f"{kind}_tags"]:
            desk.do(c.AddTag(name, list=kind))
    for canned in SHOP["canned"]:
        desk.do(c.AddCannedResponse(**canned))
    for name, articles in SHOP["sections"].items():
        section = desk.do(c.AddSection(name))
        for article in articles:
            desk.do(c.PublishArticle(desk.do(c.AddArticle(**article, section=section))))
    for member in SHOP["members"]:
        tags = member.get("tags", [])
        desk.do(c.TagCustomer(desk.do(c.RegisterCustomer(**{key: member[key] for key in member if key != "tags"})), tags))
    for scenario in (BOT, library.scenario("rating_bot")):
        desk.do(c.PublishScenario(scenario))
    desk.do(c.ChangeBrand(entry=[{"scenario": "guide"}], beside={"ended": "rating_bot"}))
    agents = [
        desk.do(c.AddAgent(name="민아", role="admin", user_id="mina", email="mina@shop.example", status="available")),
        desk.do(c.AddAgent(name="준호", user_id="junho", email="junho@shop.example", status="available")),
    ]
    return [desk.acting_as(Actor.agent(agent)) for agent in agents]


def present(desk: Desk, agent: Desk, now: datetime) -> None:
    """One who left a message, one who is talked to, one who waits."""
    past.let_pass(desk, now - timedelta(minutes=24))
    desk.do(c.ChangeBrand(accepting="closed"))
    visitor = desk.acting_as(Actor.guest("browser-of-yesterday"))
    left = visitor.do(c.OpenSession(text="상담사와 이야기할래요"))
    for answer in ("박서연", "010-8765-4321", "선물 포장도 되나요? 금요일까지 필요해요."):
        visitor.do(c.SendMessage(left, text=answer))
    desk.do(c.ChangeBrand(accepting="open"))  # whatever the hours say, so that the demo answers at night as well

    past.let_pass(desk, now - timedelta(minutes=9))
    hyunwoo = desk.acting_as(Actor.member("hyunwoo"))
    talk = hyunwoo.do(c.OpenSession(text="담요 색이 화면하고 달라요"))
    hyunwoo.do(c.SendMessage(talk, text="상담사와 이야기할래요"))
    past.let_pass(desk, now - timedelta(minutes=8))
    agent.do(c.ClaimSession(talk))
    agent.do(c.SendMessage(talk, text="불편을 드려 죄송해요. 사진을 보내 주시면 바로 확인할게요."))

    past.let_pass(desk, now - timedelta(minutes=3))
    yerin = desk.acting_as(Actor.member("yerin"))
    waits = yerin.do(c.OpenSession(text="주문 1043 배송지를 바꿀 수 있나요?"))
    yerin.do(c.SendMessage(waits, text="상담사와 이야기할래요"))

    past.let_pass(desk, now)
    desk.do(c.AddAnnouncement(**SHOP["announcement"]))
