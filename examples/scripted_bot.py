"""A trivial bot: a reactor answers what it knows, and hands over to people when it does not, or when asked to.

A reactor runs within the command that it answers: what the customer says and what the bot replies are one commit. It asks the domain and
records; it does no I/O of its own. The bot engine with scenarios will stand in the same place.
"""

from cschat import Actor, Content, Desk, Speaker, State, events
from cschat import commands as c
from cschat import queries as q
from cschat.commands.talking import say

KNOWN = {
    "배송": "보통 주문 다음 날 출발해서 이틀 안에 도착합니다.",
    "반품": "받으신 날부터 7일 안에 마이페이지에서 신청하실 수 있습니다.",
}
PERSON = ("상담사", "사람")


class Bot:
    """Greets, answers by keyword, and asks for a person on the customer's behalf."""

    on = (events.Opened, events.MessageSent)

    def react(self, ctx, event):
        session = ctx.see.session(event.subject)
        if session.state is not State.BOT:
            return  # people are at it: the bot is silent
        match event.body:
            case events.Opened():
                say(ctx, session, Speaker.BOT, Content(text="안녕하세요, 하늘상점입니다. 무엇을 도와드릴까요?"))
            case events.MessageSent(author=Speaker.CUSTOMER, content=said):
                answer = next((known for word, known in KNOWN.items() if word in said.text), None)
                if answer is None or any(word in said.text for word in PERSON):
                    say(ctx, session, Speaker.BOT, Content(text="상담사에게 연결해 드릴게요."))
                    c.RequestAgent(session).run(ctx)
                else:
                    say(ctx, session, Speaker.BOT, Content(text=answer))


def main():
    desk = Desk.open("memory:", reactors=[Bot()])
    mina = desk.do(c.AddAgent(name="민아", status="available"))
    visitor = desk.acting_as(Actor.guest("browser-7f3a"))

    session = visitor.do(c.OpenSession())
    visitor.do(c.SendMessage(session, text="배송은 얼마나 걸려요?"))
    visitor.do(c.SendMessage(session, text="주소를 바꾸고 싶어요"))

    agent = desk.acting_as(Actor.agent(mina))
    agent.do(c.ClaimSession(session))
    agent.do(c.SendMessage(session, text="새 주소를 알려 주세요."))
    visitor.do(c.SendMessage(session, text="배송 전에 바뀌나요?"))  # a word that the bot knows, but people are talking

    for message in visitor.each(q.Transcript(session)):
        print(f"{message.author:8} {message.text}")


if __name__ == "__main__":
    main()
