"""Flows of other bot builders, made into scenarios of ours.

May: read plain data and make scenarios of it, with remarks about what is different. May not: read files, or run what it made.
"""

from __future__ import annotations

from cschat.bots.importing.typebot import Imported, import_typebot
from cschat.bots.importing.words import Remark

__all__ = ["Imported", "Remark", "import_typebot"]
