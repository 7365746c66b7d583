"""Two scripted bots, enough to move both cursors of a session.

May: answer by fixed rules. May not: check anything.
"""

from __future__ import annotations

from collections.abc import Collection

from cschat import BotCursor, Content, Event, Session, Speaker, State
from cschat import commands as c
from cschat import events as e
from cschat.commands.protocol import Context
from cschat.commands.talking import say

ASK = BotCursor("rating", "score")


class RatingBot:
    """상담평가봇: asks for a number after the end; takes 1 to 5 and nothing else."""

    on: Collection[type] = (e.Ended, e.MessageSent)

    def takes(self, ctx: Context, session: Session, content: Content) -> bool:
        return session.side == ASK and content.text in {"1", "2", "3", "4", "5"}

    def react(self, ctx: Context, event: Event) -> None:
        session = ctx.tx.get(Session, event.subject)
        if isinstance(event.body, e.Ended) and session.state is State.WRAP_UP:
            session, _ = say(ctx, session, Speaker.BOT, Content(text="1에서 5까지 평가해 주세요"))
            ctx.record(session, e.BotMoved(side=True, cursor=ASK))
        elif isinstance(event.body, e.MessageSent) and event.body.step and session.side == ASK:
            session = ctx.record(session, e.Rated(int(event.body.content.text), 5))
            session = ctx.record(session, e.BotMoved(side=True))
            say(ctx, session, Speaker.BOT, Content(text="고맙습니다"))


class WelcomeBot:
    """A main scenario: answers whatever is said in BOT, and hands off on "상담사"."""

    on: Collection[type] = (e.Opened, e.MessageSent)

    def react(self, ctx: Context, event: Event) -> None:
        session = ctx.tx.get(Session, event.subject)
        if session.state is not State.BOT:
            return
        if isinstance(event.body, e.Opened):
            session, _ = say(ctx, session, Speaker.BOT, Content(text="무엇을 도와드릴까요?"))
            ctx.record(session, e.BotMoved(side=False, cursor=BotCursor("welcome", "ask")))
        elif event.body.author is Speaker.CUSTOMER and event.body.content.text == "상담사":
            c.RequestAgent(session.id).run(ctx)
        elif event.body.author is Speaker.CUSTOMER:
            say(ctx, session, Speaker.BOT, Content(text=f"{event.body.content.text}?"))
