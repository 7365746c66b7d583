"""What the engine itself says, in Korean and English.

May: hold phrases. May not: say them.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PHRASES", "phrase"]

PHRASES: Mapping[str, Mapping[str, str]] = {
    "again": {"ko": "아래에서 골라 주세요.", "en": "Please choose one of these."},
    "choose": {"ko": "아래에서 골라 주세요.", "en": "Please choose one."},
    "wrong": {"ko": "다시 한번 확인해 주세요.", "en": "That does not look right. Please check and try again."},
    "helped": {"ko": "도움이 되셨나요?", "en": "Did this help?"},
    "yes": {"ko": "네, 해결됐어요", "en": "Yes, thanks"},
    "no": {"ko": "아니요", "en": "No"},
    "agree": {"ko": "동의합니다", "en": "I agree"},
    "refuse": {"ko": "동의하지 않습니다", "en": "I do not agree"},
    "rate": {"ko": "오늘 상담은 어떠셨나요?", "en": "How was it today?"},
    "points": {"ko": "{}점", "en": "{}"},
    "form": {"ko": "아래 내용을 적어 주세요.", "en": "Please fill this in."},
    "field": {"ko": "{} 알려 주세요.", "en": "Please tell us: {}"},
    "optional": {"ko": "{} 알려 주세요. 없으면 '없음'이라고 적어 주세요.", "en": "Please tell us: {} (or write: none)"},
    "thanks": {"ko": "남겨 주신 내용을 확인하고 답변드릴게요.", "en": "Thank you. We will read it and get back to you."},
}
"""What the engine itself says."""


def phrase(name: str, language: str) -> str:
    """One of the engine's own phrases."""
    words = PHRASES[name]
    return words.get(language[:2]) or words["en"]
