"""Run once: the desk gets to know the two agents, by the ids with which they sign in."""

from cschat import commands as c

from support import desk

with desk:
    desk.do(c.ChangeBrand(name="하늘상점"))
    desk.do(c.SetHours(always_open=True))
    desk.do(c.AddAgent(name="민아", role="admin", user_id="mina", status="available"))
    desk.do(c.AddAgent(name="준호", user_id="junho", status="available"))
