"""The shop's desk: where it keeps its data, who asks, and where it answers."""

import os
from contextlib import asynccontextmanager

from cschat import AsyncDesk
from cschat.web import Gateway, member_token
from cschat.web.asgi import Door
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

SECRET = os.environ["DESK_SECRET"]

desk = AsyncDesk.open(os.environ.get("DESK_URL", "sqlite:///support.db"), brand="shop")


@asynccontextmanager
async def lifespan(app):
    """Let time pass for as long as the app runs. With several workers each does; what is due is done once, whoever does it."""
    async with desk, desk.running():
        yield


def identify(asked):
    """The agent who asks: whoever is signed in with the shop."""
    user = asked.native["session"].get("user")
    return user and user["id"]


def token_of(request):
    """What tells the widget who is signed in; None for guests. Made here, where no browser can make its own."""
    user = request.session.get("user")
    return user and member_token(SECRET, user["id"], name=user["name"], email=user["email"])


async def fresh_token(request):
    """For the widget, when its token is over."""
    return JSONResponse({"token": token_of(request)})


gateway = Gateway(desk, brands=["shop"], secrets=[SECRET], identify=identify, sign_in="/login")
routes = [Mount("/desk", Door(gateway)), Route("/member-token", fresh_token)]
