"""What answers a customer before a person does.

May: import what its files offer. May not: load numpy; only an index does, when one is made.
"""

from __future__ import annotations

from cschat.bots.search import Answer, Document, Hit, Retriever, text_index

__all__ = ["Answer", "Document", "Hit", "Retriever", "text_index"]
