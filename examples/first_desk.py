"""A first desk: a visitor asks, an agent answers, ends and wraps up.

Run it as often as you like; it keeps `support.db` in the current folder.
"""

from cschat import Actor, Desk
from cschat import commands as c
from cschat import queries as q


def main():
    with Desk.open("sqlite:///support.db", brand="shop") as desk:
        mina = the_agent(desk, "staff-17", "민아")

        visitor = desk.acting_as(Actor.guest("browser-7f3a"))
        session = visitor.do(c.OpenSession(channel="web", text="배송이 언제 오나요?"))
        match visitor.do(c.RequestAgent(session)):
            case c.Queued(position=place):
                print(f"You are number {place} in the line.")
            case c.Connected():
                print("Somebody is with you.")
            case c.Unavailable(reason=reason):
                print(f"Nobody can come ({reason}): leave a message.")

        agent = desk.acting_as(Actor.agent(mina))
        agent.do(c.ClaimSession(session))
        agent.do(c.AddNote(session, text="Left the warehouse this morning."))
        agent.do(c.SendMessage(session, text="오늘 출발했어요."))
        agent.do_all([c.EndSession(session), c.WrapUp(session, note="배송 조회", category="배송", tags=["단순문의"])])

        for message in visitor.each(q.Transcript(session)):
            print(f"{message.author}: {message.text}")
        print("closed so far:", desk.ask(q.CountsByState()).closed)


def the_agent(desk, user_id, name):
    """The agent whom your app knows by this id, added the first time."""
    known = [agent for agent in desk.ask(q.Agents()) if agent.user_id == user_id]
    return known[0] if known else desk.do(c.AddAgent(name=name, user_id=user_id, status="available"))


if __name__ == "__main__":
    main()
