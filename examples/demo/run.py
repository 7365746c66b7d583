"""What `make run` starts: the Flask example with the desk of 하늘상점, on this machine alone, until Ctrl+C or SIGTERM.

What is done in it is kept in `build/demo` from one run to the next; `make clean` begins anew.
"""

import os
import secrets
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemLoader
from werkzeug.serving import WSGIRequestHandler, make_server

HERE = Path(__file__).parent
APP = HERE.parent / "flask_app"
FOLDER = Path("build/demo")
PORT = 8000
SAYS = """하늘상점 is open.

  the shop, with the widget  {address}/
  the workspace              {address}/desk/shop/workspace
  the help centre            {address}/desk/shop/help

Sign in as mina (admin) or junho to answer, as suji to ask as a member; the password is the name.
All is kept in {folder} until `make clean`. Ctrl+C ends it.
"""


class Quiet(WSGIRequestHandler):
    """Keeps connections, and says nothing of each request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


def main() -> None:
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell that starts it in the background has it ignore the first
        signal.signal(ending, signal.default_int_handler)
    sys.path.insert(0, str(APP))
    store = prepare()
    os.environ |= {"DESK_URL": store, "DESK_SECRET": kept_secret("desk"), "SECRET_KEY": kept_secret("shop")}
    import shop
    import shop_desk
    import support

    shop_desk.connect(support.desk)
    with listening() as place, support.desk, support.desk.running():
        host, port = place.getsockname()
        server = make_server(host, port, dressed(shop.create_app()), threaded=True, request_handler=Quiet, fd=place.fileno())
        sys.stdout.write(SAYS.format(address=f"http://{host}:{port}", folder=FOLDER))
        sys.stdout.flush()
        server.serve_forever()


def dressed(app: Flask) -> Flask:
    """The example in better clothes: its pages are those in `templates`, where there are any."""
    app.jinja_loader = FileSystemLoader([HERE / "templates", APP / "templates"])
    return app


def prepare() -> str:
    """The store, made at the first run. A run that was ended while it was made leaves nothing behind."""
    import shop_desk

    FOLDER.mkdir(parents=True, exist_ok=True)
    kept, made = FOLDER / "support.db", FOLDER / "new.db"
    if not kept.exists():
        sys.stdout.write("The shop gets ready ...\n")
        for old in FOLDER.glob("new.db*"):
            old.unlink()
        shop_desk.make(f"sqlite:///{made}?synchronous=normal")
        made.rename(kept)
    return f"sqlite:///{kept}"


def kept_secret(name: str) -> str:
    """A secret of its own for each use, the same at the next run, so that whoever was signed in still is."""
    file = FOLDER / f"{name}.secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    return file.read_text(encoding="utf-8")


def listening() -> socket.socket:
    """The usual port, or any that is free."""
    try:
        return socket.create_server(("127.0.0.1", PORT))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
