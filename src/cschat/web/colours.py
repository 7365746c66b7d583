"""The brand's colour as pages use it: what can be read on it, and what can be read in it.

May: compute. May not: know a page. It says the same as static/shared/colour.js, for pages that are to look right without a script.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["colour_rule", "contrast"]

Colour = tuple[float, float, float]

_BLACK: Colour = (0, 0, 0)
_WHITE: Colour = (255, 255, 255)
_DARK: Colour = (27, 28, 31)
"""The ground of the dark theme (tokens.css)."""
_SOFT = 0.18
"""How much of the brand's colour is in the grounds on which its text stands."""
_READABLE = 4.7
"""A little more than the 4.5 that WCAG 2 asks for, as colours are rounded."""


def colour_rule(colour: str) -> str:
    """The tokens of a colour `#rrggbb`, as a rule for a stylesheet; "" for anything else."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour or ""):
        return ""
    brand: Colour = (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
    on = "#ffffff" if contrast(brand, _WHITE) >= 4.5 else "#000000"
    light, dark = _readable(brand, _WHITE, _BLACK), _readable(brand, _DARK, _WHITE)
    return f":root {{ --brand: {colour}; --on-brand: {on}; --brand-text: light-dark({light}, {dark}); }}\n"


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """The contrast of two colours, from 1 to 21, as WCAG 2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Sequence[float]) -> float:
    shares = [part / 255 for part in colour]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _readable(colour: Colour, theme: Colour, towards: Colour) -> str:
    """The colour, moved towards black or white until it can be read on a soft ground of a theme."""
    ground, found = _mixed(theme, colour, _SOFT), colour
    for step in range(26):
        if contrast(found, ground) >= _READABLE:
            break
        found = _mixed(colour, towards, step / 25)
    return "#" + "".join(f"{round(part):02x}" for part in found)


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (part + (aim - part) * share for part, aim in zip(one, other, strict=True))
    return red, green, blue
