"""Everything that can be done, one small class for each thing; `from cschat import commands as c`.

May: load, ask the domain, record. May not: do I/O, read a clock, import a store or anything above.

Each module's `__all__` is its commands; their sum is what a client may send.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cschat.core.answers import Connected, Queued, SavedRule, Signing, Unavailable
from cschat.loading import loader

if TYPE_CHECKING:
    from cschat.commands.alerts import AddAlertTarget, ChangeAlertTarget, MuteAlerts, RemoveAlertTarget, SendTestAlert
    from cschat.commands.announcements import AddAnnouncement, ChangeAnnouncement, LinkSession, ReadAnnouncement, RemoveAnnouncement
    from cschat.commands.attending import Attend
    from cschat.commands.bulk import CancelBulk, StartBulk
    from cschat.commands.campaigns import AddCampaign, CancelCampaign, ChangeCampaign, FailRecipient, OptOut, StartCampaign
    from cschat.commands.customers import (
        EraseCustomer,
        MergeCustomers,
        RecordConsent,
        RegisterCustomer,
        TagCustomer,
        UntagCustomer,
        UpdateCustomer,
    )
    from cschat.commands.delaying import CancelDelayedReply, ChangeDelayedReply, DelayReply, ReviewDelayedReply, SendDelayedReply
    from cschat.commands.distributing import DirectSession, SetDistribution
    from cschat.commands.ending import EndSession, ForceClose, LeavePage, RateSession, ReopenSession, WrapUp
    from cschat.commands.hours import ClearSpecialDay, OverrideHours, SetHours, SetSpecialDay
    from cschat.commands.knowledge import (
        AddArticle,
        AddCannedResponse,
        AddSection,
        ChangeArticle,
        ChangeCannedResponse,
        ChangeSection,
        PublishArticle,
        RemoveArticle,
        RemoveCannedResponse,
        UnpublishArticle,
    )
    from cschat.commands.ledger import AdjustBalance, Charge, SetLedger, SetTariff, TopUp
    from cschat.commands.mail_reports import AddMailReport, ChangeMailReport, RemoveMailReport, SendMailReport
    from cschat.commands.opening import OpenSession, OpenSessionByAgent
    from cschat.commands.outgoing import DisableTarget
    from cschat.commands.owning import AssignSession, ClaimSession, HoldSession, ReleaseSession, ResumeSession, TransferSession
    from cschat.commands.presence import Heartbeat
    from cschat.commands.protocol import Command, Context, Reactor, SideBot
    from cschat.commands.reports import RemoveReport, SaveReport
    from cschat.commands.rules import AddRule, ChangeRule, MoveRule, RemoveRule, SetSla
    from cschat.commands.scenarios import AnswerAction, PublishScenario
    from cschat.commands.settings import AddCategory, AddTag, ChangeBrand, ChangeCategory, ChangeTag
    from cschat.commands.shifts import SetDaysOff, SetShifts
    from cschat.commands.sorting import SetCategory, SetPriority, SetSubject, TagSession, UntagSession
    from cschat.commands.talking import AddNote, MarkRead, SendBotMessage, SendMessage
    from cschat.commands.team import AddAgent, AddGroup, ChangeAgent, ChangeGroup, RemoveAgent, RemoveGroup, SetStatus
    from cschat.commands.views import RemoveView, SaveView
    from cschat.commands.waiting import LeaveMessage, MoveToIntake, RequestAgent, ReturnToBot
    from cschat.commands.waking import RunTimer, WakeSession
    from cschat.commands.webhooks import AddWebhook, ChangeWebhook, RemoveWebhook, RotateWebhookSecret

    COMMANDS: tuple[type[Any], ...]
    """Every command: the wire list."""

_HOMES: Mapping[str, Sequence[str]] = {
    "mail_reports": ("AddMailReport", "ChangeMailReport", "RemoveMailReport", "SendMailReport"),
    "announcements": ("AddAnnouncement", "ChangeAnnouncement", "LinkSession", "ReadAnnouncement", "RemoveAnnouncement"),
    "campaigns": ("AddCampaign", "CancelCampaign", "ChangeCampaign", "FailRecipient", "OptOut", "StartCampaign"),
    "alerts": ("AddAlertTarget", "ChangeAlertTarget", "MuteAlerts", "RemoveAlertTarget", "SendTestAlert"),
    "bulk": ("CancelBulk", "StartBulk"),
    "customers": ("EraseCustomer", "MergeCustomers", "RecordConsent", "RegisterCustomer", "TagCustomer", "UntagCustomer", "UpdateCustomer"),
    "delaying": ("CancelDelayedReply", "ChangeDelayedReply", "DelayReply", "ReviewDelayedReply", "SendDelayedReply"),
    "distributing": ("DirectSession", "SetDistribution"),
    "ending": ("EndSession", "ForceClose", "LeavePage", "RateSession", "ReopenSession", "WrapUp"),
    "hours": ("ClearSpecialDay", "OverrideHours", "SetHours", "SetSpecialDay"),
    "knowledge": (
        "AddArticle",
        "AddCannedResponse",
        "AddSection",
        "ChangeArticle",
        "ChangeCannedResponse",
        "ChangeSection",
        "PublishArticle",
        "RemoveArticle",
        "RemoveCannedResponse",
        "UnpublishArticle",
    ),
    "ledger": ("AdjustBalance", "Charge", "SetLedger", "SetTariff", "TopUp"),
    "opening": ("OpenSession", "OpenSessionByAgent"),
    "outgoing": ("DisableTarget",),
    "owning": ("AssignSession", "ClaimSession", "HoldSession", "ReleaseSession", "ResumeSession", "TransferSession"),
    "presence": ("Heartbeat",),
    "protocol": ("Command", "Context", "Reactor", "SideBot"),
    "reports": ("RemoveReport", "SaveReport"),
    "rules": ("AddRule", "ChangeRule", "MoveRule", "RemoveRule", "SetSla"),
    "scenarios": ("AnswerAction", "PublishScenario"),
    "settings": ("AddCategory", "AddTag", "ChangeBrand", "ChangeCategory", "ChangeTag"),
    "shifts": ("SetDaysOff", "SetShifts"),
    "sorting": ("SetCategory", "SetPriority", "SetSubject", "TagSession", "UntagSession"),
    "talking": ("AddNote", "MarkRead", "SendBotMessage", "SendMessage"),
    "team": ("AddAgent", "AddGroup", "ChangeAgent", "ChangeGroup", "RemoveAgent", "RemoveGroup", "SetStatus"),
    "waiting": ("LeaveMessage", "MoveToIntake", "RequestAgent", "ReturnToBot"),
    "waking": ("RunTimer", "WakeSession"),
    "webhooks": ("AddWebhook", "ChangeWebhook", "RemoveWebhook", "RotateWebhookSecret"),
    "attending": ("Attend",),
    "views": ("RemoveView", "SaveView"),
}
_WIRE = sorted(name for module, names in _HOMES.items() for name in names if module != "protocol")

__getattr__ = loader(__name__, _HOMES, {"COMMANDS": _WIRE})

__all__ = [
    "COMMANDS",
    "AddAgent",
    "AddAlertTarget",
    "AddAnnouncement",
    "AddArticle",
    "AddCampaign",
    "AddCannedResponse",
    "AddCategory",
    "AddGroup",
    "AddMailReport",
    "AddNote",
    "AddRule",
    "AddSection",
    "AddTag",
    "AddWebhook",
    "AdjustBalance",
    "AnswerAction",
    "AssignSession",
    "Attend",
    "CancelBulk",
    "CancelCampaign",
    "CancelDelayedReply",
    "ChangeAgent",
    "ChangeAlertTarget",
    "ChangeAnnouncement",
    "ChangeArticle",
    "ChangeBrand",
    "ChangeCampaign",
    "ChangeCannedResponse",
    "ChangeCategory",
    "ChangeDelayedReply",
    "ChangeGroup",
    "ChangeMailReport",
    "ChangeRule",
    "ChangeSection",
    "ChangeTag",
    "ChangeWebhook",
    "Charge",
    "ClaimSession",
    "ClearSpecialDay",
    "Command",
    "Connected",
    "Context",
    "DelayReply",
    "DirectSession",
    "DisableTarget",
    "EndSession",
    "EraseCustomer",
    "FailRecipient",
    "ForceClose",
    "Heartbeat",
    "HoldSession",
    "LeaveMessage",
    "LeavePage",
    "LinkSession",
    "MarkRead",
    "MergeCustomers",
    "MoveRule",
    "MoveToIntake",
    "MuteAlerts",
    "OpenSession",
    "OpenSessionByAgent",
    "OptOut",
    "OverrideHours",
    "PublishArticle",
    "PublishScenario",
    "Queued",
    "RateSession",
    "Reactor",
    "ReadAnnouncement",
    "RecordConsent",
    "RegisterCustomer",
    "ReleaseSession",
    "RemoveAgent",
    "RemoveAlertTarget",
    "RemoveAnnouncement",
    "RemoveArticle",
    "RemoveCannedResponse",
    "RemoveGroup",
    "RemoveMailReport",
    "RemoveReport",
    "RemoveRule",
    "RemoveView",
    "RemoveWebhook",
    "ReopenSession",
    "RequestAgent",
    "ResumeSession",
    "ReturnToBot",
    "ReviewDelayedReply",
    "RotateWebhookSecret",
    "RunTimer",
    "SaveReport",
    "SaveView",
    "SavedRule",
    "SendBotMessage",
    "SendDelayedReply",
    "SendMailReport",
    "SendMessage",
    "SendTestAlert",
    "SetCategory",
    "SetDaysOff",
    "SetDistribution",
    "SetHours",
    "SetLedger",
    "SetPriority",
    "SetShifts",
    "SetSla",
    "SetSpecialDay",
    "SetStatus",
    "SetSubject",
    "SetTariff",
    "SideBot",
    "Signing",
    "StartBulk",
    "StartCampaign",
    "TagCustomer",
    "TagSession",
    "TopUp",
    "TransferSession",
    "Unavailable",
    "UnpublishArticle",
    "UntagCustomer",
    "UntagSession",
    "UpdateCustomer",
    "WakeSession",
    "WrapUp",
]
