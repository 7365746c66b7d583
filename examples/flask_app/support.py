"""The shop's desk: where it keeps its data, who asks, and where it answers."""

import os

from cschat import Desk
from cschat.web import Gateway, member_token
from cschat.web.wsgi import Door
from flask_login import current_user
from werkzeug.middleware.dispatcher import DispatcherMiddleware

SECRET = os.environ["DESK_SECRET"]
THREADS = 64  # of a worker, as gunicorn.conf.py says

desk = Desk.open(os.environ.get("DESK_URL", "sqlite:///support.db"), brand="shop")


def mount(app):
    """Let the desk answer below /desk, and give templates the tokens of members."""

    def identify(asked):
        with app.request_context(asked.native):
            return current_user.get_id()

    gateway = Gateway(desk, brands=["shop"], secrets=[SECRET], identify=identify, sign_in="/login")
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/desk": Door(gateway, threads=THREADS)})

    @app.context_processor
    def tokens():
        return {"member_token": token_of(current_user)}

    @app.get("/member-token")
    def fresh_token():
        return {"token": token_of(current_user)}


def token_of(user):
    """What tells the widget who is signed in; None for guests. Made here, where no browser can make its own."""
    return member_token(SECRET, user.get_id(), name=user.name, email=user.email) if user.is_authenticated else None
