"""Run once: the desk gets to know the two agents, by the ids with which they sign in."""

import asyncio

from cschat import commands as c

from support import desk


async def main():
    async with desk:
        await desk.do(c.ChangeBrand(name="하늘상점"))
        await desk.do(c.SetHours(always_open=True))
        await desk.do(c.AddAgent(name="민아", role="admin", user_id="mina", status="available"))
        await desk.do(c.AddAgent(name="준호", user_id="junho", status="available"))


asyncio.run(main())
