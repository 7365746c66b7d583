"""What rules cost a customer's message: a brand with none against a desk that never heard of rules, and one with twenty against none."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.ratio import Many, Ratio, compare
from cschat import Actor, Desk
from cschat import commands as c
from cschat.commands.reactors.rules import Clocks, Rules

__all__ = ["compared"]

TEXT = "주문한 물건이 언제 오나요? 확인 부탁드려요"


def compared(url: str) -> dict[str, Ratio]:
    """Messages per second, by what is compared."""
    with TemporaryDirectory() as folder:
        places = [url.replace("FOLDER", str(Path(folder) / str(number))) for number in range(3)]
        without, none, twenty = _writer(places[0], rules=0, deaf=True), _writer(places[1], rules=0), _writer(places[2], rules=20)
        return {
            "no rules, against a desk without the rule engine": compare(none, without),
            "20 rules that are asked and do not hold, against none": compare(twenty, none),
        }


def _writer(url: str, *, rules: int, deaf: bool = False) -> Many:
    """A customer in a talk. Half of the rules are about what customers write, half about their silence."""
    desk = Desk.open(url)
    if deaf:
        reactors = desk._door.works.reactors  # noqa: SLF001  (nobody but a measurement takes reactors away)
        for body, several in reactors.items():
            reactors[body] = [one for one in several if not isinstance(one, (Rules, Clocks))]
        for body in [body for body, several in reactors.items() if not several]:
            del reactors[body]
    desk.do(c.ChangeBrand(accepting="open"))
    for number in range(rules // 2):
        asked = {"all": [{"field": "text", "contains": f"낱말 {number}"}, {"field": "channel", "is": "web"}]}
        desk.do(c.AddRule(f"글 {number}", {"event": "MessageSent"}, [{"add_tags": ["글"]}], only_if=asked))
        desk.do(c.AddRule(f"침묵 {number}", {"silent": "customer", "after": 600 + number}, [{"send": "계신가요?"}]))
    agent = desk.acting_as(Actor.agent(desk.do(c.AddAgent(name="민아", status="available"))))
    visitor = desk.acting_as(Actor.guest("browser-a"))
    session = visitor.do(c.OpenSession(text="문의드려요"))
    agent.do(c.ClaimSession(session))

    def write(number: int) -> None:
        for _ in range(number):
            visitor.do(c.SendMessage(session, text=TEXT))

    return write
