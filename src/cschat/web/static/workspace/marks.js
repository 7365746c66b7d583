/**
 * Small signs: faces, brands, statuses, channels, priorities.
 *
 * May: draw a sign. May not: ask, or react.
 */

import { h, safe } from "../shared/dom.js";
import { icon } from "../shared/icons.js";

const HUES = 8;
const CHANNEL_ICONS = { web: "globe", app: "mobile", email: "mail", sms: "mobile", naver: "chat", kakao: "chat", telegram: "send" };

/** The first letter that stands for a name, as it is seen. */
function initial(name) {
  const [first = ""] = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(name.trim());
  return (first.segment ?? "").toUpperCase();
}

function hue(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % HUES;
}

/** A face: the picture of a person, or the first letter of their name on a quiet colour. `who`: `{id, name, image}`. */
export function avatar(who, { status = null, size = "" } = {}) {
  const name = who?.name ?? who?.profile?.name ?? "";
  const image = who?.image || who?.profile?.image || "";
  const letter = initial(name);
  const face = h("span", { class: `avatar ${size} hue-${hue(who?.id ?? name)}`, "aria-hidden": "true" });
  if (image && safe(image, document.baseURI, true)) face.append(h("img", { src: image, alt: "", loading: "lazy" }));
  else if (letter) face.append(letter);
  else face.append(icon("user", size === "small" ? 14 : 18));
  if (status) face.append(h("i", { class: `dot ${status}` }));
  return face;
}

/** The brand's logo, or the first letter of its name on its colour. */
export function brandMark(brand, name) {
  const logo = brand.look?.logo ?? "";
  if (logo && safe(logo, document.baseURI, true)) return h("img", { class: "brand-mark", src: logo, alt: "" });
  return h("span", { class: "brand-mark", "aria-hidden": "true" }, initial(brand.name || name));
}

export function statusDot(status) {
  return h("i", { class: `dot ${status}`, "aria-hidden": "true" });
}

/** Where a session came from. */
export function channelMark(channel) {
  const mark = h("span", { class: "channel", title: channel }, icon(CHANNEL_ICONS[channel] ?? "globe", 14));
  mark.append(h("span", { class: "hidden-text" }, channel));
  return mark;
}

/** How urgent it is; nothing for what is normal. */
export function priorityMark(priority, t) {
  if (!priority || priority === "normal") return null;
  return h("span", { class: `priority ${priority}` }, icon(priority === "low" ? "down" : "flag", 12), t(`priority_${priority}`));
}

/** A word in a small rounded box. */
export function badge(text, kind = "") {
  return h("span", { class: `badge ${kind}` }, text);
}

/** What stands for the customer of a session. */
export function customerName(customer, t) {
  if (customer?.erased) return t("erased");
  const name = customer?.name ?? customer?.profile?.name ?? "";
  if (name) return name;
  return customer?.type === "member" ? t("anonymous") : `${t("guest")} ${(customer?.id ?? "").slice(-4)}`;
}
