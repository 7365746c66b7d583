"""The same desk in a FastAPI app, beside an API of the shop's own."""

import os

from cschat import queries as q
from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware

import support

app = FastAPI(lifespan=support.lifespan)
app.add_middleware(SessionMiddleware, secret_key=os.environ["SECRET_KEY"], same_site="lax")
app.router.routes.extend(support.routes)


@app.get("/api/waiting")
async def waiting() -> int:
    """How many customers wait for a person, for a page of the shop's own."""
    return (await support.desk.ask(q.CountsByState())).queued
