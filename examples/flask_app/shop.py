"""A shop: an ordinary Flask app, whose people sign in with Flask-Login. What it has to do with the desk is in support.py."""

import os

from flask import Flask, redirect, render_template, request
from flask_login import LoginManager, UserMixin, login_user, logout_user

import support


class User(UserMixin):
    """Somebody who can sign in; `home` is where they go then."""

    def __init__(self, id, name, email, home="/"):
        self.id, self.name, self.email, self.home = id, name, email, home


WORKSPACE = "/desk/shop/workspace"
USERS = {
    user.id: user
    for user in (
        User("mina", "민아", "mina@shop.example", WORKSPACE),
        User("junho", "준호", "junho@shop.example", WORKSPACE),
        User("suji", "수지", "suji@mail.example"),
    )
}


def create_app():
    app = Flask(__name__)
    app.secret_key = os.environ["SECRET_KEY"]
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    login_manager = LoginManager(app)
    login_manager.user_loader(USERS.get)

    @app.get("/")
    def shop():
        return render_template("shop.html")

    @app.route("/login", methods=["GET", "POST"])
    def login():
        user = USERS.get(request.form.get("user"))
        if user is None or request.form["password"] != user.id:  # your shop has passwords of its own
            return render_template("login.html", failed=request.method == "POST")
        login_user(user)
        wanted = request.args.get("next", "")
        return redirect(wanted if wanted.startswith("/desk/") else user.home)

    @app.post("/logout")
    def logout():
        logout_user()
        return redirect("/")

    support.mount(app)
    return app
