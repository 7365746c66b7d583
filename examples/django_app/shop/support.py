"""The shop's desk: where it keeps its data, who asks, and where it answers."""

import os

from cschat import Desk
from cschat.web import Gateway, member_token
from cschat.web.wsgi import Door
from django.db import close_old_connections
from django.http import JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

SECRET = os.environ["DESK_SECRET"]
THREADS = 64  # of a worker, as gunicorn.conf.py says

desk = Desk.open(os.environ.get("DESK_URL", "sqlite:///support.db"), brand="shop")


def identify(asked):
    """The agent who asks: whom Django knows as one of the staff."""
    user = asked.native["django.request"].user
    return user.get_username() if user.is_staff else None


gateway = Gateway(desk, brands=["shop"], secrets=[SECRET], identify=identify, sign_in="/login")
answer = Door(gateway, threads=THREADS)


@csrf_exempt  # the desk has its own protection, which also covers requests that carry no form
def door(request, rest):
    """Let the desk answer below /desk."""
    mount, path = f"{request.environ['SCRIPT_NAME']}/desk", f"/{rest}".encode().decode("latin-1")  # as WSGI writes it
    environ = {**request.environ, "SCRIPT_NAME": mount, "PATH_INFO": path, "django.request": request}
    started = []
    body = answer(environ, lambda *said: started.append(said))
    close_old_connections()  # what streams events may last for hours, and needs no database of Django's
    [(status, headers)] = started
    return StreamingHttpResponse(body, status=int(status[:3]), headers=dict(headers))


def token_of(user):
    """What tells the widget who is signed in; None for guests. Made here, where no browser can make its own."""
    if not user.is_authenticated:
        return None
    return member_token(SECRET, user.get_username(), name=user.get_full_name(), email=user.email)


def member(request):
    """For templates: the token of whoever looks at the page."""
    return {"member_token": token_of(request.user)}


def fresh_token(request):
    """For the widget, when its token is over."""
    return JsonResponse({"token": token_of(request.user)})
