"""A shop: an ordinary Starlette app, whose people sign in with a session. What it has to do with the desk is in support.py."""

import os
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.templating import Jinja2Templates

import support

WORKSPACE = "/desk/shop/workspace"
USERS = {
    "mina": {"id": "mina", "name": "민아", "email": "mina@shop.example", "home": WORKSPACE},
    "junho": {"id": "junho", "name": "준호", "email": "junho@shop.example", "home": WORKSPACE},
    "suji": {"id": "suji", "name": "수지", "email": "suji@mail.example", "home": "/"},
}
templates = Jinja2Templates("templates")


async def shop(request):
    known = {"user": request.session.get("user"), "member_token": support.token_of(request)}
    return templates.TemplateResponse(request, "shop.html", known)


async def login(request):
    given = dict(parse_qsl((await request.body()).decode()))
    user = USERS.get(given.get("user"))
    if user is None or given.get("password") != user["id"]:  # your shop has passwords of its own
        return templates.TemplateResponse(request, "login.html", {"failed": bool(given)})
    request.session["user"] = user
    wanted = request.query_params.get("next", "")
    return RedirectResponse(wanted if wanted.startswith("/desk/") else user["home"], 303)


async def logout(request):
    request.session.clear()
    return RedirectResponse("/", 303)


app = Starlette(
    routes=[
        Route("/", shop),
        Route("/login", login, methods=["GET", "POST"]),
        Route("/logout", logout, methods=["POST"]),
        *support.routes,
    ],
    middleware=[Middleware(SessionMiddleware, secret_key=os.environ["SECRET_KEY"], same_site="lax")],
    lifespan=support.lifespan,
)
