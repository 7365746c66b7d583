"""Every record class that a store of the desk keeps.

May: list them. May not: be imported before a desk is opened: `import cschat` stays quick.
"""

from __future__ import annotations

from cschat.commands.carrying import Request
from cschat.core.alerts import AlertTarget
from cschat.core.announcements import Announcement, Link, Reading
from cschat.core.attendance import Attendance
from cschat.core.blobs import Blob
from cschat.core.brand import Brand
from cschat.core.bulk import Bulk, BulkFailure
from cschat.core.campaigns import Campaign, Recipient
from cschat.core.delayed import DelayedReply
from cschat.core.deliveries import Delivery, Follower
from cschat.core.distribution import Duty, Seat
from cschat.core.hours import Hours
from cschat.core.knowledge import Article, CannedResponse, Edition, Section
from cschat.core.labels import Category, Tag
from cschat.core.leases import Lease
from cschat.core.ledger import Ledger
from cschat.core.mail_reports import MailReport
from cschat.core.people import Agent, Customer, Group
from cschat.core.records import Record
from cschat.core.reports import SavedReport
from cschat.core.rules import Rulebook, Watch
from cschat.core.scenarios import ScenarioVersion
from cschat.core.session import Session
from cschat.core.timers import Timer
from cschat.core.views import View
from cschat.core.webhooks import Secret, Webhook
from cschat.stats.facts import Fact
from cschat.stats.state import Cell, Folded

__all__ = ["CORE_KINDS", "KINDS", "UNDER_WAY"]

CORE_KINDS: tuple[type[Record], ...] = (
    *(Session, Customer, Agent, Group, Brand, Hours, Category, Tag, ScenarioVersion),
    *(Section, Article, CannedResponse, AlertTarget, Webhook, Rulebook),
    *(Announcement, Reading, Link, Campaign, Recipient),
    *(MailReport, SavedReport, View, Blob),
    *(DelayedReply, Bulk, BulkFailure, Ledger),
)
"""What a desk is about, and `content_hash` covers."""
UNDER_WAY: tuple[type[Record], ...] = (Timer, Watch, Duty, Seat)
"""What a desk is in the middle of. An export holds it too, so that a desk goes on where it was."""
KINDS: tuple[type[Record], ...] = (
    *CORE_KINDS,
    *UNDER_WAY,
    Attendance,
    Edition,
    Request,
    Secret,
    Follower,
    Delivery,
    Lease,
    Fact,
    Cell,
    Folded,
)
"""Every record class that a store of the desk keeps."""
