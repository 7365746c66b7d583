// The brand's colour, and what can be read on it and beside it.
// May: compute. May not: know pages.

const LIGHT = [255, 255, 255];
const DARK = [27, 28, 31]; // --ground of the dark theme

const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const hexed = (rgb) => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
const mix = (rgb, other, share) => rgb.map((part, at) => part + (other[at] - part) * share);

/** Relative luminance (WCAG 2.2). */
function luminance(rgb) {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours, from 1 to 21. */
export function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** The colour, moved towards black or white until it can be read on a ground. */
function readable(rgb, ground, towards) {
  let found = rgb;
  for (let share = 0; share <= 1 && contrast(found, ground) < 4.7; share += 0.04) found = mix(rgb, towards, share);
  return found;
}

/** `{brand, onBrand, brandText}` of a colour `#rrggbb`: text on it is white or black, whichever passes 4.5:1. */
export function brandColours(hex) {
  const rgb = parts(/^#[0-9a-f]{6}$/i.test(hex) ? hex : "#2f6fed");
  const soft = (ground) => mix(ground, rgb, 0.18);
  const light = hexed(readable(rgb, soft(LIGHT), [0, 0, 0]));
  const dark = hexed(readable(rgb, soft(DARK), [255, 255, 255]));
  return { brand: hexed(rgb), onBrand: contrast(rgb, LIGHT) >= 4.5 ? "#ffffff" : "#000000", brandText: `light-dark(${light}, ${dark})` };
}

/** Set the tokens of a brand's colour on an element (`document.documentElement`, or the host of a shadow tree). */
export function paint(element, hex) {
  const { brand, onBrand, brandText } = brandColours(hex);
  element.style.setProperty("--brand", brand);
  element.style.setProperty("--on-brand", onBrand);
  element.style.setProperty("--brand-text", brandText);
}
