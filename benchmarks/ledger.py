"""What a ledger costs a message: a brand that keeps none against a desk that never heard of ledgers, and one that does against none."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.ratio import Many, Ratio, compare
from cschat import Actor, Desk
from cschat import commands as c
from cschat import queries as q
from cschat.commands.reactors.ledger import Charges

__all__ = ["compared", "statements"]

TEXT = "오늘 출발했어요. 내일 받으실 수 있습니다"


def compared(url: str) -> dict[str, Ratio]:
    """Messages per second, by what is compared."""
    with TemporaryDirectory() as folder:
        places = (url.replace("FOLDER", str(Path(folder) / str(number))) for number in range(10))
        found = {}
        for who in ("customer", "agent"):
            without, none, kept = _writer(next(places), who, deaf=True), _writer(next(places), who), _writer(next(places), who, kept=True)
            found[f"{who}: no ledger, against a desk without the reactor"] = compare(none, without)
            found[f"{who}: a ledger with prices, against none"] = compare(kept, none)
        return found


def _writer(url: str, who: str, *, kept: bool = False, deaf: bool = False) -> Many:
    desk = Desk.open(url)
    if deaf:
        reactors = desk._door.works.reactors  # noqa: SLF001  (nobody but a measurement takes reactors away)
        for body, several in reactors.items():
            reactors[body] = [one for one in several if not isinstance(one, Charges)]
    desk.do(c.ChangeBrand(accepting="open"))
    if kept:
        desk.do_all([c.SetTariff({"session": 300}), c.TopUp(1_000_000)])
    agent = desk.acting_as(Actor.agent(desk.do(c.AddAgent(name="민아", status="available"))))
    visitor = desk.acting_as(Actor.guest("browser-a"))
    session = visitor.do(c.OpenSession(text="문의드려요"))
    agent.do(c.ClaimSession(session))
    door = agent if who == "agent" else visitor

    def write(number: int) -> None:
        for _ in range(number):
            door.do(c.SendMessage(session, text=TEXT))

    return write


def statements(charges: int) -> Ratio:
    """Statements per second after so many charges, against after a thousandth of them; each in a file."""
    with TemporaryDirectory() as folder:
        many, few = (_asker(f"sqlite:///{folder}/{number}.db?synchronous=normal", number) for number in (charges, charges // 1000))
        return compare(many, few)


def _asker(url: str, charges: int) -> Many:
    desk = Desk.open(url)
    desk.do_all([c.SetTariff({"sms": 1}), c.TopUp(10**9)])
    with desk.batch(size=1000):
        for number in range(charges):
            desk.do(c.Charge("sms", f"m{number}"))

    def ask(number: int) -> None:
        for _ in range(number):
            desk.ask(q.ChargedCounts())

    return ask
