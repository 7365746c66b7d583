"""The few sentences that the desk says by itself, in Korean and English.

May: hold texts. May not: send them.
"""

from __future__ import annotations

__all__ = ["intake_prompt"]

_INTAKE_PROMPT = {
    "ko": {
        "closed": "지금은 상담 시간이 아닙니다. 문의 내용을 남겨 주시면 확인한 뒤 답변드리겠습니다.",
        "nobody": "지금은 연결할 수 있는 상담사가 없습니다. 문의 내용을 남겨 주시면 확인한 뒤 답변드리겠습니다.",
    },
    "en": {
        "closed": "We are closed right now. Leave us a message and we will get back to you.",
        "nobody": "Nobody is available right now. Leave us a message and we will get back to you.",
    },
}


def intake_prompt(language: str, reason: str) -> str:
    """What a customer is told when nobody can come: in Korean, or in English for every other language."""
    texts = _INTAKE_PROMPT["ko" if language.startswith("ko") else "en"]
    return texts.get(reason, texts["nobody"])
