"""One sensible use of every command and every query, for tests that go over all of them.

May: say how a command or query is used. May not: check anything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
from tests.office import Office

from cschat import BotCursor, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.times import as_datetime

BOT = {
    "scenario": "hello",
    "start": "ask",
    "steps": {
        "ask": {
            "say": "무엇을 도와드릴까요?",
            "choose": [{"label": "상담사 연결", "goto": "person"}, {"label": "괜찮아요", "goto": "stop"}],
        },
        "person": {"handoff": {}, "closed": "leave", "nobody": "leave"},
        "leave": {"leave_message": ["name", "phone", "message"]},
        "stop": {"end": "resolved"},
    },
}

Make = Callable[[Office, Session], Any]


@attrs.frozen
class Sample:
    """How to make it for an office and a session of its visitor, in which state of the session, and which door may do it."""

    make: Make
    state: State = State.ACTIVE
    door: str = "agent"

    def do(self, office: Office, **how: Any) -> Any:
        return getattr(office, self.door).do(self.make(office, office.session(self.state)), **how)


def _soon(office: Office) -> Any:
    return as_datetime(office.clock.now()) + timedelta(minutes=30)


COMMANDS: dict[type, Sample] = {
    c.AddAgent: Sample(lambda o, s: c.AddAgent(name="새 상담사", user_id="u9", groups=[o.group]), door="admin"),
    c.AddAlertTarget: Sample(lambda o, s: c.AddAlertTarget("방", "slack", url="https://hooks.slack.com/services/T/B/x"), door="admin"),
    c.AddCategory: Sample(lambda o, s: c.AddCategory("배송/지연"), door="admin"),
    c.AddGroup: Sample(lambda o, s: c.AddGroup("환불팀"), door="admin"),
    c.AddNote: Sample(lambda o, s: c.AddNote(s, text="메모", client_id="n1")),
    c.AddTag: Sample(lambda o, s: c.AddTag("vip", list="customer"), door="admin"),
    c.AddWebhook: Sample(lambda o, s: c.AddWebhook("https://example.com/hook", types=["Opened", "MessageSent"]), door="admin"),
    c.AnswerAction: Sample(lambda o, s: c.AnswerAction(s, answers=s.seq, value={"status": "배송완료"}), State.BOT, "system"),
    c.AssignSession: Sample(lambda o, s: c.AssignSession(s, o.mina), State.QUEUED, "admin"),
    c.ChangeAgent: Sample(lambda o, s: c.ChangeAgent(o.jun, name="준호", groups=[o.group], capacity=3), door="admin"),
    c.ChangeAlertTarget: Sample(
        lambda o, s: c.ChangeAlertTarget(_target(o), name="다른 방", kinds=["assigned"], token="2:b"), door="admin"
    ),
    c.ChangeBrand: Sample(lambda o, s: c.ChangeBrand(name="상점", grace=60, reopening={"email": "same_session"}), door="admin"),
    c.ChangeCategory: Sample(
        lambda o, s: c.ChangeCategory(o.desk.do(c.AddCategory("교환/색상")).id, path="교환/옵션", disabled=True), door="admin"
    ),
    c.ChangeGroup: Sample(lambda o, s: c.ChangeGroup(o.group, name="물류팀"), door="admin"),
    c.ChangeTag: Sample(lambda o, s: c.ChangeTag(o.desk.do(c.AddTag("낡음"))), door="admin"),
    c.ChangeWebhook: Sample(lambda o, s: c.ChangeWebhook(_webhook(o), url="https://example.com/b", staff=True), door="admin"),
    c.ClaimSession: Sample(lambda o, s: c.ClaimSession(s), State.QUEUED),
    c.DisableTarget: Sample(lambda o, s: c.DisableTarget(_webhook(o), reason="410"), door="system"),
    c.EndSession: Sample(lambda o, s: c.EndSession(s, reason="solved")),
    c.EraseCustomer: Sample(lambda o, s: c.EraseCustomer(o.customer), State.CLOSED, "admin"),
    c.ForceClose: Sample(lambda o, s: c.ForceClose(s, reason="spam"), door="admin"),
    c.HoldSession: Sample(lambda o, s: c.HoldSession(s, _soon(o))),
    c.LeaveMessage: Sample(lambda o, s: c.LeaveMessage(s, text="내일 답 주세요"), State.BOT, "visitor"),
    c.LeavePage: Sample(lambda o, s: c.LeavePage(s), State.BOT, "visitor"),
    c.MarkRead: Sample(lambda o, s: c.MarkRead(s, up_to=s.seq), door="visitor"),
    c.MergeCustomers: Sample(lambda o, s: c.MergeCustomers(o.other, o.customer), door="admin"),
    c.MoveToIntake: Sample(lambda o, s: c.MoveToIntake(s), State.QUEUED, "admin"),
    c.MuteAlerts: Sample(lambda o, s: c.MuteAlerts(["agent_requested", "sla"])),
    c.OpenSession: Sample(lambda o, s: c.OpenSession(text="문의", subject="배송", language="ko"), door="visitor"),
    c.OpenSessionByAgent: Sample(lambda o, s: c.OpenSessionByAgent(o.customer, text="안내드려요")),
    c.PublishScenario: Sample(lambda o, s: c.PublishScenario(BOT), door="admin"),
    c.RateSession: Sample(lambda o, s: c.RateSession(s, 4, comment="좋아요"), State.CLOSED, "visitor"),
    c.RecordConsent: Sample(lambda o, s: c.RecordConsent("광고", "할인 소식", "2026-01", given=True), door="visitor"),
    c.RegisterCustomer: Sample(lambda o, s: c.RegisterCustomer(member="u42", name="박회원", email="p@example.com")),
    c.ReleaseSession: Sample(lambda o, s: c.ReleaseSession(s, why="교대")),
    c.RemoveAgent: Sample(lambda o, s: c.RemoveAgent(o.mina), door="admin"),
    c.RemoveAlertTarget: Sample(lambda o, s: c.RemoveAlertTarget(_target(o)), door="admin"),
    c.RemoveGroup: Sample(lambda o, s: c.RemoveGroup(o.desk.do(c.ChangeAgent(o.jun, groups=[o.group])).groups[0]), door="admin"),
    c.RemoveWebhook: Sample(lambda o, s: c.RemoveWebhook(_webhook(o)), door="admin"),
    c.ReopenSession: Sample(lambda o, s: c.ReopenSession(s), State.CLOSED, "visitor"),
    c.RequestAgent: Sample(lambda o, s: c.RequestAgent(s), State.BOT, "visitor"),
    c.ResumeSession: Sample(lambda o, s: c.ResumeSession(o.agent.do(c.HoldSession(s, _soon(o))))),
    c.ReturnToBot: Sample(lambda o, s: c.ReturnToBot(s), State.QUEUED, "visitor"),
    c.RotateWebhookSecret: Sample(lambda o, s: c.RotateWebhookSecret(_webhook(o), overlap=60), door="admin"),
    c.SendBotMessage: Sample(
        lambda o, s: c.SendBotMessage(s, s.seq, "어떤 문의인가요?", cursor=BotCursor("welcome", "ask", {"k": "v"})), State.BOT, "system"
    ),
    c.SendMessage: Sample(lambda o, s: c.SendMessage(s, text="네", client_id="m1", seen=s.seq), door="visitor"),
    c.SetCategory: Sample(lambda o, s: c.SetCategory(s, "배송")),
    c.SetPriority: Sample(lambda o, s: c.SetPriority(s, "high")),
    c.SetStatus: Sample(lambda o, s: c.SetStatus("hidden", reason="점심")),
    c.SetSubject: Sample(lambda o, s: c.SetSubject(s, "배송 지연")),
    c.TagCustomer: Sample(lambda o, s: c.TagCustomer(o.customer, ["vip", "단골"])),
    c.TagSession: Sample(lambda o, s: c.TagSession(s, ["급함"])),
    c.SendTestAlert: Sample(lambda o, s: c.SendTestAlert(_target(o)), door="admin"),
    c.TransferSession: Sample(lambda o, s: c.TransferSession(s, agent=o.jun, note="환불 건")),
    c.UntagCustomer: Sample(lambda o, s: c.UntagCustomer(o.agent.do(c.TagCustomer(o.customer, ["vip"])), ["vip"])),
    c.UntagSession: Sample(lambda o, s: c.UntagSession(o.agent.do(c.TagSession(s, ["급함"])), ["급함"])),
    c.UpdateCustomer: Sample(
        lambda o, s: c.UpdateCustomer(o.customer, name="김단골", birth_date="1990-12-31", device={"os": "ios"}, attributes={"grade": 3})
    ),
    c.WakeSession: Sample(lambda o, s: c.WakeSession(_overdue(o, s)), door="system"),
    c.WrapUp: Sample(lambda o, s: c.WrapUp(s, note="재발송", category="배송", tags=["급함"]), State.WRAP_UP),
}


def _target(office: Office) -> Any:
    return office.desk.do(c.AddAlertTarget("봇", "telegram", token="1:a", chat="-100"))


def _webhook(office: Office) -> Any:
    return office.desk.do(c.AddWebhook("https://example.com/a")).webhook


def _overdue(office: Office, session: Session) -> Session:
    held = office.agent.do(c.HoldSession(session, _soon(office)))
    office.clock.advance(minutes=31)
    return held


QUERIES: dict[type, Sample] = {
    q.Agents: Sample(lambda o, s: q.Agents(removed=False)),
    q.AlertTargets: Sample(lambda o, s: q.AlertTargets(), door="admin"),
    q.Categories: Sample(lambda o, s: q.Categories()),
    q.ClosedList: Sample(lambda o, s: q.ClosedList(limit=3)),
    q.ConsultingList: Sample(lambda o, s: q.ConsultingList(wrap_up=True)),
    q.CountsByState: Sample(lambda o, s: q.CountsByState()),
    q.CustomerSessions: Sample(lambda o, s: q.CustomerSessions(), door="visitor"),
    q.Customers: Sample(lambda o, s: q.Customers()),
    q.GetBrand: Sample(lambda o, s: q.GetBrand()),
    q.GetCustomer: Sample(lambda o, s: q.GetCustomer(), door="visitor"),
    q.GetSession: Sample(lambda o, s: q.GetSession(s), door="visitor"),
    q.Groups: Sample(lambda o, s: q.Groups()),
    q.History: Sample(lambda o, s: q.History(s, after=1), door="visitor"),
    q.Queue: Sample(lambda o, s: q.Queue()),
    q.QueuePosition: Sample(lambda o, s: q.QueuePosition(s), State.QUEUED, "visitor"),
    q.ReviewList: Sample(lambda o, s: q.ReviewList()),
    q.SelfCheck: Sample(lambda o, s: q.SelfCheck(), door="system"),
    q.Tags: Sample(lambda o, s: q.Tags(list="customer")),
    q.Transcript: Sample(lambda o, s: q.Transcript(s), door="visitor"),
    q.Webhooks: Sample(lambda o, s: q.Webhooks(), door="admin"),
}
