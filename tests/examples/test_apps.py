"""Each example app, built from what its page shows and served as its page says, holds a conversation from beginning to end."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from tests.examples.people import Browser
from tests.examples.serving import APPS, ROOT, built

pytestmark = pytest.mark.slow
GATE = "/desk/shop"


@pytest.mark.parametrize("name", APPS)
def test_an_adapter_is_short(name):
    for adapter in (ROOT / "examples" / f"{name}_app").rglob("support.py"):
        assert len(adapter.read_text(encoding="utf-8").splitlines()) < 80


@pytest.mark.parametrize("name", APPS)
def test_an_app_built_from_its_page_serves_a_conversation(name, tmp_path):
    app = built(name, tmp_path)
    with ExitStack() as closing, app.served() as address:
        guest, mina, junho, suji = (closing.enter_context(Browser(address)) for _ in range(4))

        # Somebody comes to the shop and asks; the page has given the widget nothing, as nobody is signed in.
        assert guest.member_token() is None
        assert guest.http.get("/member-token").json() == {"token": None}
        guest.enter()
        session = guest.do("OpenSession", text="배송이 언제 오나요?")["id"]
        assert guest.do("RequestAgent", session=session)["type"] == "Queued"

        # Who has a wrong password stays outside, and nobody answers without signing in.
        mina.sign_in("mina", "wrong")
        assert mina.http.get(f"{GATE}/me").status_code == 401
        signed_in = mina.sign_in("mina")
        assert (signed_in.status_code, signed_in.url.path) == (200, f"{GATE}/workspace")
        assert (signed_in.headers["x-content-type-options"], "script-src 'self'" in signed_in.headers["content-security-policy"]) == (
            "nosniff",
            True,
        )

        # A request that another site has forged carries the cookie but not the mark; with the mark it is answered.
        assert mina.call("do/ClaimSession", {"session": session}).status_code == 403
        mina.work()
        mina.do("ClaimSession", session=session)

        # The answer is heard at once, and what the clock brings comes by itself.
        with guest.listening() as news:
            mina.do("SendMessage", session=session, text="오늘 출발했어요.")
            assert _heard(news, "오늘 출발했어요.")
            mina.do("ChangeBrand", delay_live=True)
            soon = datetime.now(UTC) + timedelta(milliseconds=300)
            mina.do("DelayReply", session=session, text="내일 도착합니다.", at=soon.isoformat())
            assert _heard(news, "내일 도착합니다.")

        # A colleague comes by a link, signs in on the way and hears what happens; what admins may do he may not.
        link = f"{GATE}/workspace/sessions/{session}"
        assert junho.sign_in("junho", page=link).url.path == link
        junho.work()
        with junho.listening() as news:
            mina.do("AddNote", session=session, text="단골")
            assert _heard(news, "단골")
        assert junho.call("do/ChangeBrand", {"name": "내 상점"}).status_code == 403

        # A member is who the shop says. What they asked as a guest is theirs, and no other customer sees it.
        before = suji.enter()
        asked = suji.do("OpenSession", text="반품하고 싶어요")["id"]
        assert suji.sign_in("suji").url.path == "/"
        token = suji.member_token()
        known = suji.enter(member=token, guest=suji.token)
        assert (known["profile"]["name"], known["id"] == before["id"]) == ("수지", False)
        assert [one["id"] for one in suji.ask("CustomerSessions")["items"]] == [asked]
        assert suji.call("ask/Transcript", {"session": session}).status_code == 404
        assert suji.http.get("/member-token").json()["token"].count(".") == 2
        assert suji.call("do/ClaimSession", {"session": session}).status_code == 403

        # What frameworks like to spoil arrives whole: a large file, a Korean path, a body of which nobody knows how long it is.
        picture = b"\x89PNG\r\n\x1a\n" + bytes(3_000_000)
        headers = suji.headers() | {"content-type": "image/png", "x-file-name": "%EC%82%AC%EC%A7%84.png"}
        sent = suji.http.post(f"{GATE}/files", content=picture, headers=headers).raise_for_status().json()
        assert sent["name"] == "사진.png"
        assert suji.http.get(f"{GATE}/files/{sent['blob']}", headers=suji.headers()).content == picture
        assert suji.http.get("/desk/하늘/me").json()["id"] == "하늘"
        pieces = (piece.encode() for piece in ('{"session": "', asked, '"}'))
        listed = suji.http.post(f"{GATE}/ask/Transcript", content=pieces, headers=suji.headers() | {"content-type": "application/json"})
        assert listed.json()["items"][0]["content"]["text"] == "반품하고 싶어요"

        # A token that somebody has made up is no token.
        assert guest.http.post(f"{GATE}/enter", json={"member": f"{token}x"}).status_code == 401

    # What was said is there when the server has been started again, and whoever was known is still known.
    with app.served() as address, guest.at(address) as guest, mina.at(address) as mina:
        said = [(one["author"], one["content"]["text"]) for one in guest.ask("Transcript", session=session)["items"]]
        assert [text for author, text in said if author == "agent"] == ["오늘 출발했어요.", "내일 도착합니다."]
        mina.do("EndSession", session=session)
        mina.do("WrapUp", session=session, note="배송 안내")
        assert mina.ask("GetSession", session=session)["state"] == "closed"


def test_the_same_desk_stands_in_a_fastapi_app(tmp_path):
    with built("starlette", tmp_path).by("api:app").served() as address, Browser(address) as guest:
        guest.enter()
        session = guest.do("OpenSession", text="배송이 언제 오나요?")["id"]
        assert guest.http.get("/api/waiting").json() == 0
        guest.do("RequestAgent", session=session)
        assert guest.http.get("/api/waiting").json() == 1
        assert guest.http.get("/desk/shop/workspace", follow_redirects=False).headers["location"].startswith("/login?next=")


def _heard(news, text):
    return any(event["body"]["content"]["text"] == text for event in news if event["type"] == "MessageSent")
