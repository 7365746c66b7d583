"""Flows of other bot builders, made into scenarios of ours.

May: read plain data and make scenarios of it, with notes about what is different. May not: read files, or run what it made.
"""

from __future__ import annotations

from cschat.bots.importing.typebot import Imported, import_typebot
from cschat.bots.importing.words import Note

__all__ = ["Imported", "Note", "import_typebot"]
