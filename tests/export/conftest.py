"""A desk in which much has happened, and ways to look at exported files."""

import contextlib

import pytest
from tests.office import Office
from tests.samples import COMMANDS

from cschat import Actor, Desk
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.times import SECOND
from cschat.errors import CschatError

LAST = (
    *("SetHours", "SetSpecialDay", "ClearSpecialDay", "OverrideHours", "SetShifts", "PublishScenario", "Heartbeat", "SetDistribution"),
    *("RemoveAgent", "RunTimer", "SetStatus", "EraseCustomer", "MergeCustomers", "ChangeBrand", "AddRule", "ChangeRule", "MoveRule"),
)
"""After these the office no longer works as the others need it."""

FORMULAS = (
    *("=1+1", "+82 10 1234", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1+1", "＋1", "－1", "＠A1", '"=1', ";=1", "'=1", "–1"),
    *("'이미 따옴표", '보통, "말"\r\n두 줄', "=cmd|' /C calc'!A0", "\u200b=1", "0", "=", "null", "''"),
)
"""Texts that are formulas, look like them, or look like what is done about them."""


def lived(url: str, *, last: bool = True) -> Office:
    """An office in which nearly every command was carried out, a customer was erased, and a rude one has written formulas.

    Without the `last` commands it works on.
    """
    clock = FakeClock("2026-03-02T09:00:00+09:00")
    office = Office.on(Desk.open(url, brand="shop", clock=clock, seed=1), clock)
    samples = {kind.__name__: sample for kind, sample in COMMANDS.items()}
    for name in [*(name for name in samples if name not in LAST), *(LAST if last else ())]:
        clock.set(clock.now() + SECOND)
        with contextlib.suppress(AssertionError, CschatError):  # some stand in the way of others
            samples[name].do(office)
    rude = office.desk.acting_as(Actor.member("rude", name="=1+1"))
    for text in FORMULAS:
        rude.do(c.OpenSession(text=text, subject="@SUM(A1)"))
    gone = office.desk.acting_as(Actor.member("gone", name="지운 사람"))
    gone.do(c.OpenSession(text="비밀이에요"))
    office.desk.do(c.EraseCustomer(gone.ask(q.GetCustomer())))
    return office


@pytest.fixture
def office():
    office = lived("memory:", last=False)
    yield office
    office.desk.close()


@pytest.fixture
def stored(url: str):
    """The same on each store."""
    office = lived(url, last=False)
    yield office
    office.desk.close()
