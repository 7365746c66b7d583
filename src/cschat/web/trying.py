"""A page of our own with the widget on it, on which staff see what customers see.

May: show the page; for an admin, make a token of a member who stands for them. May not: be reached by customers.
"""

from __future__ import annotations

import html

from cschat import queries as q
from cschat.core.people import Role
from cschat.core.texts import is_korean
from cschat.errors import Forbidden
from cschat.web.entering import agent_of
from cschat.web.messages import Response
from cschat.web.pages import POLICY
from cschat.web.site import Call

__all__ = ["page"]

_MINUTES = 60
_WORDS = {
    "ko": {
        "title": "위젯 시험",
        "guest": "방문객으로 보고 있어요",
        "member": "회원 ‘{name}’으로 보고 있어요",
        "note": "오른쪽이나 왼쪽 아래의 버튼을 눌러 상담을 열어 보세요. 여기서 연 상담은 실제 상담으로 남습니다.",
        "back": "설정으로 돌아가기",
        "tester": "{name} (시험)",
    },
    "en": {
        "title": "Trying the widget",
        "guest": "You are a guest",
        "member": "You are the member {name}",
        "note": "Press the button in the corner and begin. What you begin here is a real conversation.",
        "back": "Back to the settings",
        "tester": "{name} (test)",
    },
}


def page(call: Call) -> Response:
    """The page, for agents. `?as=member`, for admins: the widget knows them as a member of their own, `test-` and their user id."""
    caller = call.caller()
    agent = None if caller.user is None else agent_of(call.desk, caller.user)
    if agent is None:
        raise Forbidden("this is for agents", actor=caller.key, permission="serve")
    brand = call.desk.acting_as(caller.actor).ask(q.GetBrand())
    words = _WORDS["ko" if is_korean(brand.language) else "en"]
    as_member = call.request.argument("as") == "member"
    given, said = "", words["guest"]
    if as_member:
        if agent.role is not Role.ADMIN:
            raise Forbidden("only an admin tries the widget as a member", actor=caller.key, permission="administer")
        name = words["tester"].format(name=agent.name)
        token = call.site.callers.tokens.member(f"test-{caller.user}", name, call.brand, minutes=_MINUTES)
        given, said = f' data-member-token="{html.escape(token)}"', words["member"].format(name=name)
    mount = html.escape(call.request.mount)
    base, static = f"{mount}/{html.escape(call.brand)}", f"{mount}/-/static"
    text = f"""<!doctype html>
<html lang="{html.escape(brand.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<title>{words["title"]}</title>
<link rel="stylesheet" href="{static}/shared/tokens.css">
<link rel="stylesheet" href="{static}/help/help.css">
<link rel="stylesheet" href="{base}/help/look.css">
<script src="{base}/widget.js"{given} async></script>
</head>
<body>
<main class="wide">
<div class="narrow done">
<h1>{html.escape(said)}</h1>
<p>{words["note"]}</p>
<p><a class="button" href="{base}/workspace/settings/install">{words["back"]}</a></p>
</div>
</main>
</body>
</html>
"""
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY, "cache-control": "no-store"}
    return Response(200, headers, text.encode())
