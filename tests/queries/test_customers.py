"""Customers are found by what people know of them."""

from __future__ import annotations

import pytest

from cschat import Desk
from cschat import commands as c
from cschat import queries as q


@pytest.fixture
def desk() -> Desk:
    desk = Desk.open("memory:", brand="shop")
    desk.do(c.RegisterCustomer(member="u42", name="이하나", phone="010-1234-5678", email="Hana@example.com"))
    desk.do(c.RegisterCustomer(guest="browser-7f3a", name="김하나", phone="+82 10 9999 0000"))
    desk.do(c.RegisterCustomer(guest="browser-1", name="ÉLODIE"))
    return desk


def found(desk: Desk, text: str) -> list[str]:
    return [customer.name for customer in desk.each(q.Customers(text, limit=1))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("하나", ["김하나", "이하나"]),
        ("  이하나 ", ["이하나"]),
        ("hana@", ["이하나"]),
        ("HANA 하나", ["이하나"]),
        ("u42", ["이하나"]),
        ("01012345678", ["이하나"]),
        ("1234-5678", ["이하나"]),
        ("1234", ["이하나"]),
        ("99990000", ["김하나"]),
        ("élodie", ["ÉLODIE"]),
        ("browser", []),
        ("하나 박", []),
        ("", ["ÉLODIE", "김하나", "이하나"]),
    ],
)
def test_by_name_phone_mail_and_the_hosts_id(desk: Desk, text: str, names: list[str]) -> None:
    assert found(desk, text) == names


def test_who_was_erased_or_merged_is_found_no_more(desk: Desk) -> None:
    hana, other = (next(one for one in desk.each(q.Customers()) if one.name == name) for name in ("이하나", "김하나"))
    desk.do(c.MergeCustomers(other, hana))
    assert found(desk, "하나") == ["이하나"]
    desk.do(c.EraseCustomer(hana))
    assert found(desk, "u42") == []
