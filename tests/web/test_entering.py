"""How customers and agents come in."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator

import attrs
import jwt
import pytest
from tests.web.site import SECRET, Browser, gateway_on, opened_desk

from cschat.errors import Invalid
from cschat.web import Gateway, member_token
from cschat.web.tokens import MEMBER

OTHER = "fedcba9876543210fedcba9876543210"


@pytest.fixture
def web() -> Iterator[Browser]:
    with opened_desk() as desk:
        yield Browser(gateway_on(desk))


def _signed(claims: dict[str, object], secret: str = SECRET) -> str:
    return jwt.encode({"aud": MEMBER, "sub": "u1", "exp": int(time.time()) + 86_400, **claims}, secret, algorithm="HS256")


def _unsigned(claims: dict[str, object]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def test_a_guest_gets_a_token_and_keeps_it(web: Browser):
    first = web.enter(language="ko").json
    again = web.enter(guest=first["token"]).json
    assert first["customer"]["type"] == "guest"
    assert first["language"] == again["language"] == "ko"
    assert again["customer"]["id"] == first["customer"]["id"]
    assert web.enter().json["customer"]["id"] != first["customer"]["id"]


def test_a_customer_learns_of_themselves_only_what_a_customer_may(web: Browser):
    known = web.entered()
    customer = web.enter(guest=known.token).json["customer"]["id"]
    assert web.signed_in("mina").do("UpdateCustomer", customer=customer, attributes={"grade": "VIP"}).status == 200
    assert web.enter(guest=known.token).json["customer"]["attributes"] == {}


def test_a_member_is_whom_the_host_names(web: Browser):
    told = web.enter(member=member_token(SECRET, 42, name="김하늘", email="sky@shop.example")).json["customer"]
    assert (told["key"], told["profile"]["name"], told["profile"]["email"]) == ("member:42", "김하늘", "sky@shop.example")
    renamed = web.enter(member=member_token(SECRET, "42", name="김바다")).json["customer"]
    assert (renamed["id"], renamed["profile"]["name"], renamed["profile"]["email"]) == (told["id"], "김바다", "sky@shop.example")


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (_signed({"exp": int(time.time()) - 1}), "expired"),
        (_signed({}, OTHER), "signature"),
        (_signed({"aud": "cschat-visitor"}), "token"),
        (_signed({"aud": [MEMBER, "other"]}), "token"),
        (_signed({"brand": "cafe"}), "brand"),
        (_signed({"sub": " "}), "claims"),
        (_signed({"sub": 7}), "token"),
        (_signed({"name": ["a"]}), "claims"),
        (_signed({"exp": "soon"}), "token"),
        (_signed({"exp": float("inf")}), "token"),
        (jwt.encode({"aud": MEMBER, "sub": "u1"}, SECRET, algorithm="HS256"), "token"),
        (jwt.encode({"aud": MEMBER, "sub": "u1", "exp": 2**40}, SECRET * 2, algorithm="HS512"), "token"),
        (_unsigned({"aud": MEMBER, "sub": "u1", "exp": 2**40}), "token"),
        (_signed({})[:-2] + "AA", "signature"),
        ("", "token"),
        ("토큰", "token"),
        ("a" * 5000, "token"),
    ],
)
def test_a_member_who_is_not_proven_is_refused_and_not_made_a_guest(web: Browser, token: str, reason: str):
    answer = web.enter(member=token, guest=web.entered().token)
    assert (answer.status, answer.json["reason"]) == (401, reason)
    assert "token" not in answer.json


def test_a_token_of_the_gateway_is_no_token_of_the_host_nor_the_other_way_round(web: Browser):
    assert web.enter(member=web.entered().token).status == 401
    assert attrs.evolve(web, token=member_token(SECRET, "u1")).ask("GetCustomer").status == 401


def test_a_token_is_for_one_brand(web: Browser):
    guest = web.entered()
    assert attrs.evolve(guest, brand="cafe").ask("GetCustomer").json["reason"] == "brand"


def test_a_members_token_ends_when_the_host_has_said(web: Browser):
    given = _signed({"exp": int(time.time()) + 30})
    token = web.enter(member=given).json["token"]
    ends = jwt.decode(token, options={"verify_signature": False})["exp"]
    assert ends == jwt.decode(given, options={"verify_signature": False})["exp"]
    renewed = web.enter(guest=token).json["token"]
    assert jwt.decode(renewed, options={"verify_signature": False})["exp"] == ends


def test_no_token_lasts_for_ever(web: Browser):
    token = web.enter(member=_signed({"exp": 2**60})).json["token"]
    assert jwt.decode(token, options={"verify_signature": False})["exp"] < time.time() + 401 * 86_400


def test_a_guest_who_signs_in_keeps_their_conversations(web: Browser):
    guest = web.entered()
    session = guest.do("OpenSession", text="배송 언제 와요?").json["id"]
    member = web.entered(guest=guest.token, member=member_token(SECRET, "u1"))
    assert [one["id"] for one in member.ask("CustomerSessions").json["items"]] == [session]
    assert web.enter(guest=guest.token, member=member_token(SECRET, "u1")).status == 200
    assert guest.ask("CustomerSessions").json["items"] == []


def test_another_member_on_the_same_computer_gets_nothing_of_the_first(web: Browser):
    first = web.entered(member=member_token(SECRET, "u1"))
    first.do("OpenSession", text="제 주문이요")
    second = web.entered(guest=first.token, member=member_token(SECRET, "u2"))
    assert second.ask("CustomerSessions").json["items"] == []
    assert len(first.ask("CustomerSessions").json["items"]) == 1


def test_secrets_rotate():
    with opened_desk() as desk:
        old = Browser(Gateway(desk, brands=["shop"], secrets=[OTHER])).entered()
        both = Browser(Gateway(desk, brands=["shop"], secrets=[SECRET, OTHER]), token=old.token)
        assert both.ask("GetCustomer").status == 200
        assert both.enter(member=member_token(OTHER, "u1")).status == 200
        renewed = both.entered(guest=old.token)
        only_new = Browser(Gateway(desk, brands=["shop"], secrets=[SECRET]))
        assert attrs.evolve(only_new, token=renewed.token).ask("GetCustomer").status == 200
        assert attrs.evolve(only_new, token=old.token).ask("GetCustomer").status == 401


@pytest.mark.parametrize("secrets", [[], ["short"], [SECRET, "short"]])
def test_a_secret_that_can_be_guessed_is_refused(secrets: list[str]):
    with opened_desk() as desk, pytest.raises(Invalid, match="secrets"):
        Gateway(desk, brands=["shop"], secrets=secrets)


@pytest.mark.parametrize("said", [{"guest": 1}, {"member": {}}, {"language": 3}, {"admin": True}, {"language": "x" * 100}])
def test_what_enter_does_not_know_is_refused(web: Browser, said: dict[str, object]):
    assert web.enter(**said).status == 422


def test_an_agent_learns_who_they_are_and_where_they_work(web: Browser):
    sora = web.signed_in("sora").get("/me").json
    assert (sora["agent"]["name"], sora["agent"]["role"]) == ("소라", "admin")
    assert [brand["name"] for brand in sora["brands"]] == ["shop", "cafe"]
    assert [brand["name"] for brand in web.signed_in("mina").get("/me").json["brands"]] == ["shop"]


def test_me_is_for_agents(web: Browser):
    assert web.get("/me").status == 401
    assert web.entered().get("/me").status == 403
    assert attrs.evolve(web, user="nobody").get("/me").status == 403
    assert attrs.evolve(web, user="mina", brand="cafe").get("/me").status == 403
