"""cschat: the customer-support desk that you import.

These are the public names; the rooms behind them are `commands`, `queries`, `core`, `storage`, `transport`, `simulate`, `testing`.
"""

from cschat import commands, errors, queries
from cschat.async_desk import AsyncDesk
from cschat.core import events
from cschat.core.access import Actor, Permission
from cschat.core.answers import Connected, Queued, Unavailable
from cschat.core.content import Card, Choice, Content, ContentKind, FormField, Media, Speaker, Visibility
from cschat.core.events import BotCursor, Event
from cschat.core.look import Look
from cschat.core.people import AgentStatus, Role
from cschat.core.session import Priority, Session, State
from cschat.core.transcript import Message
from cschat.desk import Desk
from cschat.errors import CschatError
from cschat.transport.blobs import Blobs, FolderBlobs
from cschat.transport.mail import Smtp
from cschat.transport.panel import PanelItem

__all__ = [
    "Actor",
    "AgentStatus",
    "AsyncDesk",
    "Blobs",
    "BotCursor",
    "Card",
    "Choice",
    "Connected",
    "Content",
    "ContentKind",
    "CschatError",
    "Desk",
    "Event",
    "FolderBlobs",
    "FormField",
    "Look",
    "Media",
    "Message",
    "PanelItem",
    "Permission",
    "Priority",
    "Queued",
    "Role",
    "Session",
    "Smtp",
    "Speaker",
    "State",
    "Unavailable",
    "Visibility",
    "commands",
    "errors",
    "events",
    "queries",
]
