"""One sensible use of every command and every query, for tests that go over all of them.

May: say how a command or query is used. May not: check anything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
from tests.office import Office

from cschat import BotCursor, FormField, Look, Media, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.timers import Timer
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


def _handing_out(office: Office, device: str) -> str:
    """A device, when the desk hands out work: only then is it asked for."""
    office.desk.do(c.SetDistribution(mode="hybrid"))
    return device


def _timer(office: Office) -> str:
    """A timer that is set, for when an agent may have gone."""
    office.desk.do(c.SetDistribution(mode="hybrid"))
    office.agent.do(c.Heartbeat())
    return Timer.id_of("presence", office.mina.id)


def _section(office: Office) -> Any:
    known = [section for section in office.desk.ask(q.Sections()) if section.name == "배송"]
    return known[0] if known else office.desk.do(c.AddSection("배송"))


def _article(office: Office) -> Any:
    return office.desk.do(c.AddArticle("반품은 어떻게 하나요?", "<p>7일 안에 신청해 주세요.</p>"))


def _published(office: Office) -> Any:
    return office.desk.do(c.PublishArticle(_article(office)))


def _canned(office: Office) -> Any:
    known = office.desk.ask(q.CannedResponses("환불안내"))
    return known[0] if known else office.desk.do(c.AddCannedResponse("환불안내", "{{ customer.name | default('고객') }}님, 3일입니다."))


_LOOK = Look("#00AA55", "https://example.com/logo.png", {"ko": "안녕하세요", "en": "Hello"}, "left", {"en": "Ask us"})
_FORM = [FormField("name", "이름"), {"name": "order", "label": "주문번호", "type": "number", "required": False}]
_PICTURE = Media(name="반품.png", type="image/png", url="https://example.com/1.png")

COMMANDS: dict[type, Sample] = {
    c.AddAnnouncement: Sample(
        lambda o, s: c.AddAnnouncement("배송 지연", "이틀 늦습니다.", words=["배송"], ends=_soon(o) + timedelta(days=1)), door="admin"
    ),
    c.AddCampaign: Sample(
        lambda o, s: c.AddCampaign(
            "봄", "봄 할인", "{{ customer.name | default('고객') }}님", "marketing", {"tags": ["vip"], "seen": _soon(o)}, ["mail"]
        ),
        door="admin",
    ),
    c.AddAgent: Sample(lambda o, s: c.AddAgent(name="새 상담사", user_id="u9", groups=[o.group], image="/agents/9.png"), door="admin"),
    c.AddArticle: Sample(
        lambda o, s: c.AddArticle("반품 방법", "<p>7일 안에</p>", type="guide", examples=["반품이요"], attachments=[_PICTURE]), door="admin"
    ),
    c.AddCannedResponse: Sample(
        lambda o, s: c.AddCannedResponse("#반품", "{{ customer.name | default('고객') }}님", title="반품", image=_PICTURE, group=o.group),
        door="admin",
    ),
    c.AddAlertTarget: Sample(lambda o, s: c.AddAlertTarget("방", "slack", url="https://hooks.slack.com/services/T/B/x"), door="admin"),
    c.AddCategory: Sample(lambda o, s: c.AddCategory("배송/지연"), door="admin"),
    c.AddGroup: Sample(lambda o, s: c.AddGroup("환불팀"), door="admin"),
    c.AddMailReport: Sample(lambda o, s: c.AddMailReport("weekly", ["boss@example.com"], language="en", hour=7), door="admin"),
    c.AddNote: Sample(lambda o, s: c.AddNote(s, text="메모", client_id="n1")),
    c.AddRule: Sample(
        lambda o, s: c.AddRule(
            "환불",
            {"event": "MessageSent", "by": "customer"},
            [{"set_category": "환불"}, {"direct": {"group": o.group.id}}, {"send": {"ko": "{{ customer.name }}님", "en": "Hello"}}],
            only_if={"any": [{"field": "text", "contains": "환불"}, {"not": {"field": "customer.grade", "less": 3}}]},
            phase="before_routing",
        ),
        door="admin",
    ),
    c.AddSection: Sample(lambda o, s: c.AddSection("반품", {"en": "Returns"}), door="admin"),
    c.AddTag: Sample(lambda o, s: c.AddTag("vip", list="customer"), door="admin"),
    c.AddWebhook: Sample(lambda o, s: c.AddWebhook("https://example.com/hook", types=["Opened", "MessageSent"]), door="admin"),
    c.AdjustBalance: Sample(lambda o, s: c.AdjustBalance(100, "착오 정정"), door="admin"),
    c.AnswerAction: Sample(lambda o, s: c.AnswerAction(s, answers=s.seq, value={"status": "배송완료"}), State.BOT, "system"),
    c.AssignSession: Sample(lambda o, s: c.AssignSession(s, o.mina), State.QUEUED, "admin"),
    c.ChangeAgent: Sample(lambda o, s: c.ChangeAgent(o.jun, name="준호", groups=[o.group], capacity=3), door="admin"),
    c.ChangeArticle: Sample(lambda o, s: c.ChangeArticle(_article(o), title="반품 안내", section=_section(o), language="ko"), door="admin"),
    c.ChangeAlertTarget: Sample(
        lambda o, s: c.ChangeAlertTarget(_target(o), name="다른 방", kinds=["assigned"], token="2:b"), door="admin"
    ),
    c.ChangeBrand: Sample(
        lambda o, s: c.ChangeBrand(
            name="상점", grace=60, reopening={"email": "same_session"}, look=_LOOK, guest_form=_FORM, away="push", away_after=30
        ),
        door="admin",
    ),
    c.ChangeCannedResponse: Sample(lambda o, s: c.ChangeCannedResponse(_canned(o), shortcut="환불", image=_PICTURE), door="admin"),
    c.ChangeCategory: Sample(
        lambda o, s: c.ChangeCategory(o.desk.do(c.AddCategory("교환/색상")).id, path="교환/옵션", disabled=True), door="admin"
    ),
    c.ChangeGroup: Sample(lambda o, s: c.ChangeGroup(o.group, name="물류팀"), door="admin"),
    c.ChangeMailReport: Sample(lambda o, s: c.ChangeMailReport(_report(o), every="monthly", hour=9), door="admin"),
    c.ChangeRule: Sample(lambda o, s: c.ChangeRule(_rule(o), name="다시", then=[{"end": "no_answer"}], enabled=False), door="admin"),
    c.ChangeSection: Sample(lambda o, s: c.ChangeSection(_section(o), name="교환", names={"en": "Exchange"}, disabled=True), door="admin"),
    c.ChangeTag: Sample(lambda o, s: c.ChangeTag(o.desk.do(c.AddTag("낡음"))), door="admin"),
    c.CancelCampaign: Sample(lambda o, s: c.CancelCampaign(_started(o)), door="admin"),
    c.ChangeAnnouncement: Sample(lambda o, s: c.ChangeAnnouncement(_announcement(o), text="하루 늦습니다.", words=["언제"]), door="admin"),
    c.ChangeCampaign: Sample(lambda o, s: c.ChangeCampaign(_campaign(o), name="여름", ways=["session"], type="marketing"), door="admin"),
    c.Charge: Sample(lambda o, s: c.Charge("sms", _priced(o), count=2), door="system"),
    c.ClearSpecialDay: Sample(lambda o, s: c.ClearSpecialDay(_special(o).versions[-1].calendar.special[0].date), door="admin"),
    c.ClaimSession: Sample(lambda o, s: c.ClaimSession(s), State.QUEUED),
    c.CancelBulk: Sample(lambda o, s: c.CancelBulk(_bulk(o)), door="admin"),
    c.StartBulk: Sample(
        lambda o, s: c.StartBulk(
            {"all": [{"field": "state", "is": "active"}, {"field": "channel", "in": ["web"]}]},
            [{"add_tags": ["장애"]}, {"reply": "{{ customer.name | default('고객') }}님, 복구됐어요."}, {"assign": {"agent": o.jun.id}}],
            until=_soon(o),
        ),
        door="admin",
    ),
    c.CancelDelayedReply: Sample(lambda o, s: c.CancelDelayedReply(_delayed(o, s))),
    c.ChangeDelayedReply: Sample(lambda o, s: c.ChangeDelayedReply(_delayed(o, s), text="내일 오전에 출발합니다.", at=_soon(o))),
    c.DelayReply: Sample(lambda o, s: _delaying(o, c.DelayReply(s, _soon(o), text="오늘 출발해요.", reviewer=o.jun))),
    c.ReviewDelayedReply: Sample(lambda o, s: c.ReviewDelayedReply(_delayed(o, s), approve=False, note="말투가 딱딱해요"), door="admin"),
    c.SendDelayedReply: Sample(lambda o, s: c.SendDelayedReply(_delayed(o, s, reviewer=None))),
    c.DirectSession: Sample(lambda o, s: c.DirectSession(s, agent=o.jun), State.QUEUED, "admin"),
    c.ChangeWebhook: Sample(lambda o, s: c.ChangeWebhook(_webhook(o), url="https://example.com/b", staff=True), door="admin"),
    c.DisableTarget: Sample(lambda o, s: c.DisableTarget(_webhook(o), reason="410"), door="system"),
    c.EndSession: Sample(lambda o, s: c.EndSession(s, reason="solved")),
    c.EraseCustomer: Sample(lambda o, s: c.EraseCustomer(o.customer), State.CLOSED, "admin"),
    c.FailRecipient: Sample(lambda o, s: c.FailRecipient(_recipient(o), "550"), door="system"),
    c.ForceClose: Sample(lambda o, s: c.ForceClose(s, reason="spam"), door="admin"),
    c.Attend: Sample(lambda o, s: c.Attend(s, typing=True)),
    c.Heartbeat: Sample(lambda o, s: c.Heartbeat(_handing_out(o, "phone"))),
    c.HoldSession: Sample(lambda o, s: c.HoldSession(s, _soon(o))),
    c.LeaveMessage: Sample(lambda o, s: c.LeaveMessage(s, text="내일 답 주세요"), State.BOT, "visitor"),
    c.LeavePage: Sample(lambda o, s: c.LeavePage(s), State.BOT, "visitor"),
    c.LinkSession: Sample(lambda o, s: c.LinkSession(s, _announcement(o)), door="visitor"),
    c.MarkRead: Sample(lambda o, s: c.MarkRead(s, up_to=s.seq), door="visitor"),
    c.MergeCustomers: Sample(lambda o, s: c.MergeCustomers(o.other, o.customer), door="admin"),
    c.MoveRule: Sample(lambda o, s: c.MoveRule([_rule(o), _rule(o)][1], to=1), door="admin"),
    c.MoveToIntake: Sample(lambda o, s: c.MoveToIntake(s), State.QUEUED, "admin"),
    c.MuteAlerts: Sample(lambda o, s: c.MuteAlerts(["agent_requested", "sla"])),
    c.OpenSession: Sample(lambda o, s: c.OpenSession(text="문의", subject="배송", language="ko"), door="visitor"),
    c.OpenSessionByAgent: Sample(lambda o, s: c.OpenSessionByAgent(o.customer, text="안내드려요")),
    c.OptOut: Sample(lambda o, s: c.OptOut([None, _agree(o)][0]), door="visitor"),
    c.PublishArticle: Sample(lambda o, s: c.PublishArticle(_article(o), at=_soon(o), until=_soon(o) + timedelta(days=1)), door="admin"),
    c.PublishScenario: Sample(lambda o, s: c.PublishScenario(BOT), door="admin"),
    c.OverrideHours: Sample(lambda o, s: _always_open(o, c.OverrideHours("closed")), door="admin"),
    c.ReadAnnouncement: Sample(lambda o, s: c.ReadAnnouncement(_announcement(o), enough=True), door="visitor"),
    c.RateSession: Sample(lambda o, s: c.RateSession(s, 4, comment="좋아요"), State.CLOSED, "visitor"),
    c.RecordConsent: Sample(lambda o, s: c.RecordConsent("광고", "할인 소식", "2026-01", given=True), door="visitor"),
    c.RegisterCustomer: Sample(lambda o, s: c.RegisterCustomer(member="u42", name="박회원", email="p@example.com")),
    c.ReleaseSession: Sample(lambda o, s: c.ReleaseSession(s, why="교대")),
    c.RemoveAgent: Sample(lambda o, s: c.RemoveAgent(o.mina), door="admin"),
    c.RemoveAnnouncement: Sample(lambda o, s: c.RemoveAnnouncement(_announcement(o)), door="admin"),
    c.RemoveArticle: Sample(lambda o, s: c.RemoveArticle(_article(o)), door="admin"),
    c.RemoveCannedResponse: Sample(lambda o, s: c.RemoveCannedResponse(_canned(o)), door="admin"),
    c.RemoveAlertTarget: Sample(lambda o, s: c.RemoveAlertTarget(_target(o)), door="admin"),
    c.RemoveGroup: Sample(lambda o, s: c.RemoveGroup(o.desk.do(c.ChangeAgent(o.jun, groups=[o.group])).groups[0]), door="admin"),
    c.RemoveMailReport: Sample(lambda o, s: c.RemoveMailReport(_report(o)), door="admin"),
    c.RemoveReport: Sample(lambda o, s: c.RemoveReport(o.desk.do(c.SaveReport("하루"))), door="admin"),
    c.RemoveRule: Sample(lambda o, s: c.RemoveRule(_rule(o)), door="admin"),
    c.RemoveWebhook: Sample(lambda o, s: c.RemoveWebhook(_webhook(o)), door="admin"),
    c.ReopenSession: Sample(lambda o, s: c.ReopenSession(s), State.CLOSED, "visitor"),
    c.RequestAgent: Sample(lambda o, s: c.RequestAgent(s), State.BOT, "visitor"),
    c.ResumeSession: Sample(lambda o, s: c.ResumeSession(o.agent.do(c.HoldSession(s, _soon(o))))),
    c.ReturnToBot: Sample(lambda o, s: c.ReturnToBot(s), State.QUEUED, "visitor"),
    c.RunTimer: Sample(lambda o, s: c.RunTimer(_timer(o)), door="system"),
    c.RotateWebhookSecret: Sample(lambda o, s: c.RotateWebhookSecret(_webhook(o), overlap=60), door="admin"),
    c.SendBotMessage: Sample(
        lambda o, s: c.SendBotMessage(s, s.seq, "어떤 문의인가요?", cursor=BotCursor("welcome", "ask", {"k": "v"})), State.BOT, "system"
    ),
    c.SendMailReport: Sample(lambda o, s: c.SendMailReport(_report(o)), door="admin"),
    c.SendMessage: Sample(lambda o, s: c.SendMessage(s, text="네", client_id="m1", seen=s.seq), door="visitor"),
    c.SaveReport: Sample(
        lambda o, s: c.SaveReport(
            "주간", "last_week", ["queue_time"], by=["day"], where={"channel": "web"}, zone="UTC", calendar="business"
        ),
        door="admin",
    ),
    c.SaveView: Sample(lambda o, s: c.SaveView("내 상담", {"field": "agent", "is": "me"})),
    c.RemoveView: Sample(lambda o, s: c.RemoveView(o.agent.do(c.SaveView("환불", {"field": "tags", "has": ["환불"]})))),
    c.SetDaysOff: Sample(lambda o, s: c.SetDaysOff(o.mina, ["2026-12-24", "2026-12-28/2026-12-31"]), door="admin"),
    c.SetHours: Sample(lambda o, s: c.SetHours(weekdays="09:00-18:00", saturday="10:00-14:00", lunch="12:00-13:00"), door="admin"),
    c.SetLedger: Sample(lambda o, s: c.SetLedger("overdraw", low=10_000), door="admin"),
    c.SetShifts: Sample(lambda o, s: c.SetShifts(o.mina, weekdays="09:00-14:00", friday="closed"), door="admin"),
    c.SetSpecialDay: Sample(lambda o, s: _always_open(o, c.SetSpecialDay("2026-12-24", "half", note="성탄 전야")), door="admin"),
    c.SetCategory: Sample(lambda o, s: c.SetCategory(s, "배송")),
    c.SetDistribution: Sample(
        lambda o, s: c.SetDistribution(
            mode="hybrid",
            routes=[{"name": "환불", "category": "환불", "scope": {"groups": [o.group]}, "widen_after": 60}],
            sticky_days=7,
            offer_timeout=30,
            weights={"email": 1},
        ),
        door="admin",
    ),
    c.SetPriority: Sample(lambda o, s: c.SetPriority(s, "high")),
    c.SetSla: Sample(lambda o, s: c.SetSla([{"name": "급함", "first_response": 300, "warn": 60, "priority": "high"}]), door="admin"),
    c.SetStatus: Sample(lambda o, s: c.SetStatus("hidden", reason="점심")),
    c.SetSubject: Sample(lambda o, s: c.SetSubject(s, "배송 지연")),
    c.StartCampaign: Sample(lambda o, s: c.StartCampaign(_campaign(o), at=_soon(o)), door="admin"),
    c.SetTariff: Sample(lambda o, s: c.SetTariff({"account": 9_900, "session": 300}, effective="2026-12-01"), door="admin"),
    c.TagCustomer: Sample(lambda o, s: c.TagCustomer(o.customer, ["vip", "단골"])),
    c.TagSession: Sample(lambda o, s: c.TagSession(s, ["급함"])),
    c.SendTestAlert: Sample(lambda o, s: c.SendTestAlert(_target(o)), door="admin"),
    c.TopUp: Sample(lambda o, s: c.TopUp(50_000, note="3월분"), door="admin"),
    c.TransferSession: Sample(lambda o, s: c.TransferSession(s, agent=o.jun, note="환불 건")),
    c.UnpublishArticle: Sample(lambda o, s: c.UnpublishArticle(_published(o), at=_soon(o)), door="admin"),
    c.UntagCustomer: Sample(lambda o, s: c.UntagCustomer(o.agent.do(c.TagCustomer(o.customer, ["vip"])), ["vip"])),
    c.UntagSession: Sample(lambda o, s: c.UntagSession(o.agent.do(c.TagSession(s, ["급함"])), ["급함"])),
    c.UpdateCustomer: Sample(
        lambda o, s: c.UpdateCustomer(o.customer, name="김단골", birth_date="1990-12-31", device={"os": "ios"}, attributes={"grade": 3})
    ),
    c.WakeSession: Sample(lambda o, s: c.WakeSession(_overdue(o, s)), door="system"),
    c.WrapUp: Sample(lambda o, s: c.WrapUp(s, note="재발송", category="배송", tags=["급함"]), State.WRAP_UP),
}


def _delaying(office: Office, command: Any) -> Any:
    office.desk.do(c.ChangeBrand(delay_live=True))
    return command


def _delayed(office: Office, session: Session, **how: Any) -> Any:
    how = {"reviewer": office.jun} | how
    return office.agent.do(_delaying(office, c.DelayReply(session, _soon(office), text="곧 알려 드릴게요.", **how)))


def _bulk(office: Office) -> Any:
    return office.admin.do(c.StartBulk({"field": "state", "is": "closed"}, [{"wrap_up": {"note": "끝"}}]))


def _announcement(office: Office) -> Any:
    return office.desk.do(c.AddAnnouncement("배송 지연", "이틀 늦습니다.", words=["배송"]))


def _agree(office: Office) -> None:
    office.visitor.do(c.RecordConsent("marketing", "소식", "2026-01"))


def _campaign(office: Office) -> Any:
    return office.desk.do(c.AddCampaign("안내", "점검 안내", "내일 2시에 점검합니다."))


def _started(office: Office) -> Any:
    return office.desk.do(c.StartCampaign(_campaign(office)))


def _recipient(office: Office) -> Any:
    campaign = _started(office)
    office.desk.settle()
    return office.desk.ask(q.Recipients(campaign)).items[0]


def _target(office: Office) -> Any:
    return office.desk.do(c.AddAlertTarget("봇", "telegram", token="1:a", chat="-100"))


def _priced(office: Office) -> str:
    """A key to charge under, where messages cost something and there is money."""
    office.desk.do(c.SetTariff({"sms": 20}))
    office.desk.do(c.TopUp(10_000))
    return "msg-1"


def _report(office: Office) -> Any:
    return office.desk.do(c.AddMailReport("daily", ["boss@example.com"]))


def _rule(office: Office) -> Any:
    return office.desk.do(c.AddRule("기다림", {"state": "queued", "after": 60, "at_most": 3}, [{"send": "잠시만 기다려 주세요."}]))


def _webhook(office: Office) -> Any:
    return office.desk.do(c.AddWebhook("https://example.com/a")).webhook


def _overdue(office: Office, session: Session) -> Session:
    held = office.agent.do(c.HoldSession(session, _soon(office)))
    office.clock.advance(minutes=31)
    return held


def _always_open(office: Office, command: Any) -> Any:
    office.desk.do(c.SetHours(always_open=True))
    return command


def _special(office: Office) -> Any:
    return office.desk.do(_always_open(office, c.SetSpecialDay("2026-12-24")))


QUERIES: dict[type, Sample] = {
    q.AnnouncementResults: Sample(lambda o, s: q.AnnouncementResults(_announcement(o), end=_soon(o))),
    q.Announcements: Sample(lambda o, s: q.Announcements("배송이 언제 오나요"), door="visitor"),
    q.CampaignResults: Sample(lambda o, s: q.CampaignResults(_started(o))),
    q.Campaigns: Sample(lambda o, s: q.Campaigns(limit=3)),
    q.CountAudience: Sample(lambda o, s: q.CountAudience(_campaign(o)), door="admin"),
    q.LinkedSessions: Sample(lambda o, s: q.LinkedSessions(_announcement(o), limit=3)),
    q.Recipients: Sample(lambda o, s: q.Recipients(_started(o), limit=3)),
    q.Agents: Sample(lambda o, s: q.Agents(removed=False)),
    q.BulkFailures: Sample(lambda o, s: q.BulkFailures(_bulk(o), limit=3), door="admin"),
    q.Bulks: Sample(lambda o, s: q.Bulks(limit=3), door="admin"),
    q.GetBulk: Sample(lambda o, s: q.GetBulk(_bulk(o)), door="admin"),
    q.Candidates: Sample(lambda o, s: q.Candidates(start=_soon(o), least=1)),
    q.Articles: Sample(lambda o, s: q.Articles("faq", section=_section(o), state="published", language="ko", limit=3), door="visitor"),
    q.CannedResponses: Sample(lambda o, s: q.CannedResponses(f"#{_canned(o).shortcut[:1]}")),
    q.AlertTargets: Sample(lambda o, s: q.AlertTargets(), door="admin"),
    q.Categories: Sample(lambda o, s: q.Categories()),
    q.ChargedCounts: Sample(lambda o, s: q.ChargedCounts()),
    q.CheckRules: Sample(lambda o, s: q.CheckRules(), door="admin"),
    q.CheckScenario: Sample(lambda o, s: q.CheckScenario("scenario: x"), door="admin"),
    q.Scenarios: Sample(lambda o, s: q.Scenarios()),
    q.ClosedList: Sample(lambda o, s: q.ClosedList(limit=3)),
    q.ConsultingList: Sample(lambda o, s: q.ConsultingList(wrap_up=True)),
    q.CountsByState: Sample(lambda o, s: q.CountsByState()),
    q.CustomerSessions: Sample(lambda o, s: q.CustomerSessions(), door="visitor"),
    q.Customers: Sample(lambda o, s: q.Customers("하나")),
    q.Dashboard: Sample(lambda o, s: q.Dashboard()),
    q.DelayedReplies: Sample(lambda o, s: q.DelayedReplies(_delayed(o, s).session, state="waiting", limit=3)),
    q.DryRun: Sample(lambda o, s: q.DryRun(rule=_rule(o), start=_soon(o) - timedelta(days=1), end=_soon(o), limit=9), door="admin"),
    q.Explain: Sample(lambda o, s: q.Explain(s)),
    q.GetArticle: Sample(lambda o, s: q.GetArticle(_published(o)), door="visitor"),
    q.GetBrand: Sample(lambda o, s: q.GetBrand()),
    q.GetCustomer: Sample(lambda o, s: q.GetCustomer(), door="visitor"),
    q.GetHours: Sample(lambda o, s: q.GetHours()),
    q.GetLedger: Sample(lambda o, s: q.GetLedger(), door="admin"),
    q.GetSession: Sample(lambda o, s: q.GetSession(s), door="visitor"),
    q.GetSla: Sample(lambda o, s: q.GetSla()),
    q.Groups: Sample(lambda o, s: q.Groups()),
    q.History: Sample(lambda o, s: q.History(s, after=1), door="visitor"),
    q.Journey: Sample(lambda o, s: q.Journey(o.desk.do(c.PublishScenario(BOT)).name, end=_soon(o), patience=60)),
    q.JourneyComparison: Sample(lambda o, s: q.JourneyComparison(o.desk.do(c.PublishScenario(BOT)).name, 1, most=10)),
    q.FrontDesk: Sample(lambda o, s: q.FrontDesk(language="en"), door="visitor"),
    q.FindSessions: Sample(lambda o, s: q.FindSessions({"field": "agent", "is": "me"}, customer=s.customer, until=_soon(o), limit=3)),
    q.Views: Sample(lambda o, s: q.Views()),
    q.Attending: Sample(lambda o, s: q.Attending(s), door="visitor"),
    q.Glances: Sample(lambda o, s: q.Glances([s]), door="visitor"),
    q.Speakers: Sample(lambda o, s: q.Speakers(s), door="visitor"),
    q.OpeningHours: Sample(lambda o, s: q.OpeningHours(language="en"), door="visitor"),
    q.Postings: Sample(lambda o, s: q.Postings(end=_soon(o), limit=3) if _priced(o) else None, door="admin"),
    q.Queue: Sample(lambda o, s: q.Queue()),
    q.QueuePosition: Sample(lambda o, s: q.QueuePosition(s), State.QUEUED, "visitor"),
    q.RenderCannedResponse: Sample(lambda o, s: q.RenderCannedResponse(s, _canned(o))),
    q.Report: Sample(
        lambda o, s: q.Report(
            _soon(o) - timedelta(days=1),
            _soon(o),
            ["queue_time", "turns"],
            by=["day", "agent"],
            where={"channel": "web"},
            zone="Asia/Kolkata",
        )
    ),
    q.ReviewList: Sample(lambda o, s: q.ReviewList()),
    q.Rules: Sample(lambda o, s: q.Rules()),
    q.RunReport: Sample(lambda o, s: q.RunReport(o.desk.do(c.SaveReport("하루", "today")).name)),
    q.SavedReports: Sample(lambda o, s: q.SavedReports()),
    q.SearchArticles: Sample(lambda o, s: q.SearchArticles("반품", section=_section(o), type="faq", language="ko"), door="visitor"),
    q.SearchHistory: Sample(lambda o, s: q.SearchHistory("문의", agent=o.mina, customer=s.customer, end=_soon(o), limit=3)),
    q.Sections: Sample(lambda o, s: q.Sections(), door="visitor"),
    q.ExportLabels: Sample(lambda o, s: q.ExportLabels(), door="admin"),
    q.Health: Sample(lambda o, s: q.Health(), door="system"),
    q.SelfCheck: Sample(lambda o, s: q.SelfCheck(), door="system"),
    q.Signals: Sample(lambda o, s: q.Signals(end=_soon(o), least=1)),
    q.Statement: Sample(lambda o, s: q.Statement(start=_soon(o), end=_soon(o)) if _priced(o) else None, door="admin"),
    q.Surges: Sample(lambda o, s: q.Surges(start=_soon(o) - timedelta(days=9), slot=3600, most=9)),
    q.SuggestReplies: Sample(lambda o, s: q.SuggestReplies(s, limit=3)),
    q.Summary: Sample(lambda o, s: q.Summary(_soon(o) - timedelta(days=1), _soon(o), language="en")),
    q.AgentTable: Sample(lambda o, s: q.AgentTable(_soon(o) - timedelta(days=1), _soon(o), order="rating")),
    q.BestMembers: Sample(lambda o, s: q.BestMembers(_soon(o) - timedelta(days=1), _soon(o), most=3)),
    q.ChannelUse: Sample(lambda o, s: q.ChannelUse(_soon(o) - timedelta(days=1), _soon(o))),
    q.Trends: Sample(lambda o, s: q.Trends(_soon(o) - timedelta(days=1), _soon(o), slot="week", most=3, least=1, sessions=9)),
    q.Tags: Sample(lambda o, s: q.Tags(list="customer")),
    q.Transcript: Sample(lambda o, s: q.Transcript(s), door="visitor"),
    q.TurnsBehind: Sample(lambda o, s: q.TurnsBehind(_soon(o) - timedelta(days=1), _soon(o), "turns", where={"turn": ["bot"]}, limit=5)),
    q.Webhooks: Sample(lambda o, s: q.Webhooks(), door="admin"),
}
