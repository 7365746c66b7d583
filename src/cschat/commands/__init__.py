"""Everything that can be done, one small class for each thing; `from cschat import commands as c`.

May: load, ask the domain, record. May not: do I/O, read a clock, import a store or anything above.

Each module's `__all__` is its commands; their sum is what a client may send.
"""

from cschat.commands.customers import (
    EraseCustomer,
    MergeCustomers,
    RecordConsent,
    RegisterCustomer,
    TagCustomer,
    UntagCustomer,
    UpdateCustomer,
)
from cschat.commands.distributing import DirectSession, SetDistribution
from cschat.commands.ending import EndSession, ForceClose, LeavePage, RateSession, ReopenSession, WrapUp
from cschat.commands.opening import OpenSession, OpenSessionByAgent
from cschat.commands.owning import AssignSession, ClaimSession, HoldSession, ReleaseSession, ResumeSession, TransferSession
from cschat.commands.presence import Heartbeat
from cschat.commands.protocol import Command, Context, Reactor, SideBot
from cschat.commands.scenarios import AnswerAction, PublishScenario
from cschat.commands.settings import AddCategory, AddTag, ChangeBrand, ChangeCategory, ChangeTag
from cschat.commands.sorting import SetCategory, SetPriority, SetSubject, TagSession, UntagSession
from cschat.commands.talking import AddNote, MarkRead, SendBotMessage, SendMessage
from cschat.commands.team import AddAgent, AddGroup, ChangeAgent, ChangeGroup, RemoveAgent, RemoveGroup, SetStatus
from cschat.commands.waiting import LeaveMessage, MoveToIntake, RequestAgent, ReturnToBot
from cschat.commands.waking import RunTimer, WakeSession
from cschat.core.answers import Connected, Queued, Unavailable

COMMANDS: tuple[type, ...] = (
    AddAgent,
    AddCategory,
    AddGroup,
    AddNote,
    AddTag,
    AnswerAction,
    AssignSession,
    ChangeAgent,
    ChangeBrand,
    ChangeCategory,
    ChangeGroup,
    ChangeTag,
    ClaimSession,
    DirectSession,
    EndSession,
    EraseCustomer,
    ForceClose,
    Heartbeat,
    HoldSession,
    LeaveMessage,
    LeavePage,
    MarkRead,
    MergeCustomers,
    MoveToIntake,
    OpenSession,
    OpenSessionByAgent,
    PublishScenario,
    RateSession,
    RecordConsent,
    RegisterCustomer,
    ReleaseSession,
    RemoveAgent,
    RemoveGroup,
    ReopenSession,
    RequestAgent,
    ResumeSession,
    ReturnToBot,
    RunTimer,
    SendBotMessage,
    SendMessage,
    SetCategory,
    SetDistribution,
    SetPriority,
    SetStatus,
    SetSubject,
    TagCustomer,
    TagSession,
    TransferSession,
    UntagCustomer,
    UntagSession,
    UpdateCustomer,
    WakeSession,
    WrapUp,
)
"""Every command: the wire list."""

__all__ = [
    "COMMANDS",
    "AddAgent",
    "AddCategory",
    "AddGroup",
    "AddNote",
    "AddTag",
    "AnswerAction",
    "AssignSession",
    "ChangeAgent",
    "ChangeBrand",
    "ChangeCategory",
    "ChangeGroup",
    "ChangeTag",
    "ClaimSession",
    "Command",
    "Connected",
    "Context",
    "DirectSession",
    "EndSession",
    "EraseCustomer",
    "ForceClose",
    "Heartbeat",
    "HoldSession",
    "LeaveMessage",
    "LeavePage",
    "MarkRead",
    "MergeCustomers",
    "MoveToIntake",
    "OpenSession",
    "OpenSessionByAgent",
    "PublishScenario",
    "Queued",
    "RateSession",
    "Reactor",
    "RecordConsent",
    "RegisterCustomer",
    "ReleaseSession",
    "RemoveAgent",
    "RemoveGroup",
    "ReopenSession",
    "RequestAgent",
    "ResumeSession",
    "ReturnToBot",
    "RunTimer",
    "SendBotMessage",
    "SendMessage",
    "SetCategory",
    "SetDistribution",
    "SetPriority",
    "SetStatus",
    "SetSubject",
    "SideBot",
    "TagCustomer",
    "TagSession",
    "TransferSession",
    "Unavailable",
    "UntagCustomer",
    "UntagSession",
    "UpdateCustomer",
    "WakeSession",
    "WrapUp",
]
