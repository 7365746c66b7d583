"""An async desk: two visitors and one agent, each a task. The agent follows the log and answers whoever asks for a person."""

import asyncio
from contextlib import aclosing

from cschat import Actor, AsyncDesk, events
from cschat import commands as c
from cschat import queries as q

ASKED = {"browser-a": "Where is my parcel?", "browser-b": "Can I change my address?"}


async def main():
    async with AsyncDesk.open("memory:") as desk, desk.running():

        @desk.after(events.AgentRequested, name="pager")
        async def ring(event, delivery):
            print("* the pager rings")

        agent = desk.acting_as(Actor.agent(await desk.do(c.AddAgent(name="Mina", status="available"))))
        answering = asyncio.create_task(answer(agent, after=await desk.position()))
        await asyncio.gather(*(visit(desk.acting_as(Actor.guest(browser)), text) for browser, text in ASKED.items()))
        await answering
        print("closed:", (await desk.ask(q.CountsByState())).closed)


async def visit(visitor, text):
    """Ask for a person, and wait for what they say and for the end."""
    session = await visitor.do(c.OpenSession(text=text))
    await visitor.do(c.RequestAgent(session))
    async with aclosing(visitor.watch(after=0, session=session, types=[events.MessageSent, events.Ended])) as news:
        async for event in news:
            match event.body:
                case events.MessageSent(author="agent", content=said):
                    print(f"{text} -> {said.text}")
                case events.Ended():
                    return


async def answer(agent, after):
    """Take whoever asks, answer, end, wrap up; until all have been served."""
    served = 0
    async with aclosing(agent.watch(after=after, types=[events.AgentRequested])) as requests:
        async for request in requests:
            session = request.subject
            await agent.do(c.ClaimSession(session))
            await agent.do(c.SendMessage(session, text="I am looking into it."))
            await agent.do_all([c.EndSession(session), c.WrapUp(session, note="answered")])
            served += 1
            if served == len(ASKED):
                return


if __name__ == "__main__":
    asyncio.run(main())
