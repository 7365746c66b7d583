// What a message says, as nodes: text, picture, file, choices, card, carousel, form, article.
// May: draw. May not: send anything (what is pressed goes to whoever asked for the nodes).

import { h, safe } from "./dom.js";
import { form } from "./form.js";
import { icon } from "./icon.js";

const LINK = /(https?:\/\/[^\s<>"'`]+|www\.[^\s<>"'`]+\.[^\s<>"'`]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)/gi;
const AFTER = /[.,;:!?'")\]}>…。、]+$/; // what ends a sentence and no address
const PARTICLE = /[가-힣]+$/; // "https://example.com에서": the particle is no part of it

/** Text with its addresses as links. */
export function linked(text, t) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    let found = match[0].replace(AFTER, "");
    if (/^(https?:\/\/|www\.)[^/?#]*[가-힣]+$/i.test(found)) found = found.replace(PARTICLE, "");
    const address = found.includes("://")
      ? found
      : found.includes("@") && !found.startsWith("www.")
        ? `mailto:${found}`
        : `https://${found}`;
    if (!safe(address)) continue;
    nodes.push(text.slice(from, match.index), anchor(address, found, t));
    from = match.index + found.length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

function anchor(address, label, t, given = {}) {
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer", title: t("new_window"), ...given }, label);
}

/** A number of bytes for people. */
export function bytes(size, t) {
  if (size < 1_000_000) return t("bytes_kb", { n: Math.max(1, Math.round(size / 1000)) });
  return t("bytes_mb", { n: (size / 1_000_000).toFixed(size < 10_000_000 ? 1 : 0) });
}

/** One line that stands for a content in lists and notices. */
export function summary(content, t) {
  const text = content.text?.trim() || content.cards?.[0]?.title;
  if (text) return text;
  if (content.kind === "image") return t("image");
  if (content.kind === "file") return content.media?.name || t("file");
  return content.kind === "form" ? t("form") : "";
}

/**
 * The nodes of a content, each a block of the conversation. `ctx`:
 * `t`; `address(media)`; `choose(choice)` (null: buttons are inert); `chosen` (what was said in answer, to mark the button);
 * `submit(fields)` (async; null: the form is inert, and folded once it was answered); `article(id)` (async, an Article or null) and `read(id)` (show it).
 */
export function contentNodes(content, ctx) {
  const nodes = [];
  const { t } = ctx;
  if (content.text && content.kind !== "form") nodes.push(h("div", { class: "bubble" }, linked(content.text, t)));
  nodes.push(...(KINDS[content.kind]?.(content, ctx) ?? []));
  return nodes;
}

const KINDS = {
  image: ({ media }, ctx) => [picture(media, ctx)],
  file: ({ media }, ctx) => [fileCard(media, ctx)],
  choices: ({ choices }, ctx) => [choiceList(choices, ctx)],
  card: ({ cards }, ctx) => cards.map((card) => cardNode(card, ctx)),
  carousel: ({ cards }, ctx) => [carousel(cards, ctx)],
  form: (content, ctx) => [formNode(content, ctx)],
  article: ({ article }, ctx) => [articleCard(article, ctx)],
};

function picture(media, { t, address }) {
  const given = address(media);
  const at = given && safe(given, document.baseURI, true) ? given : null;
  const name = media?.name || t("image");
  const image = at ? h("img", { src: at, alt: name, loading: "lazy", decoding: "async" }) : icon("image", 32);
  if (image.localName === "img")
    image.addEventListener("error", () => image.replaceWith(h("span", { class: "picture-lost" }, icon("image", 24), name)));
  return at
    ? anchor(at, image, t, { class: "picture", "aria-label": `${t("open_image")}: ${name}` })
    : h("span", { class: "picture" }, image);
}

function fileCard(media, { t, address }) {
  const at = address(media);
  const told = h(
    "span",
    { class: "file-told" },
    h("span", { class: "file-name" }, media?.name || t("file")),
    media?.size ? h("span", { class: "file-size" }, bytes(media.size, t)) : null,
  );
  const parts = [h("span", { class: "file-icon" }, icon("file")), told, at ? icon("download", 18) : null];
  if (!at || !safe(at)) return h("span", { class: "file" }, parts);
  return h(
    "a",
    {
      class: "file",
      href: at,
      target: "_blank",
      rel: "noopener noreferrer",
      download: media.name || true,
      "aria-label": `${t("download")}: ${media.name}`,
    },
    parts,
  );
}

/** What pressing a choice says. */
export const saying = (choice) => choice.value ?? choice.label;

function choiceList(choices, ctx) {
  return h(
    "div",
    { class: "choices", role: "group", "aria-label": ctx.t("choose") },
    choices.map((choice) => choiceButton(choice, ctx)),
  );
}

function choiceButton(choice, { t, choose, chosen }) {
  if (choice.url && safe(choice.url)) return anchor(choice.url, [choice.label, icon("link", 16)], t, { class: "choice" });
  const taken = chosen !== null && chosen !== undefined && (saying(choice) === chosen || choice.label === chosen);
  const mark = taken ? [icon("check", 16), h("span", { class: "for-readers" }, t("chosen"))] : null;
  const button = h(
    "button",
    { type: "button", class: taken ? "choice chosen" : "choice", "aria-disabled": choose ? null : "true" },
    choice.label,
    mark,
  );
  if (choose) button.addEventListener("click", () => choose(choice));
  return button;
}

function cardNode(card, ctx) {
  const at = card.image && ctx.address(card.image);
  return h(
    "article",
    { class: "card" },
    at && safe(at, document.baseURI, true)
      ? h("img", { class: "card-image", src: at, alt: card.image.name || "", loading: "lazy", decoding: "async" })
      : null,
    h(
      "div",
      { class: "card-words" },
      card.title ? h("h4", { class: "card-title" }, card.title) : null,
      card.text ? h("p", {}, linked(card.text, ctx.t)) : null,
    ),
    card.choices?.length ? choiceList(card.choices, ctx) : null,
  );
}

function carousel(cards, ctx) {
  const { t } = ctx;
  const rail = h(
    "div",
    { class: "rail", role: "list", tabindex: "0", "aria-label": t("choose") },
    cards.map((card) => h("div", { role: "listitem" }, cardNode(card, ctx))),
  );
  const turn = (way) => () =>
    rail.scrollBy({
      left: way * rail.clientWidth * 0.8,
      behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
    });
  const back = h("button", { type: "button", class: "turn back", "aria-label": t("previous"), on: { click: turn(-1) } }, icon("back", 18));
  const on = h("button", { type: "button", class: "turn on", "aria-label": t("next"), on: { click: turn(1) } }, icon("next", 18));
  const look = () => {
    back.hidden = rail.scrollLeft < 8;
    on.hidden = rail.scrollLeft + rail.clientWidth > rail.scrollWidth - 8;
  };
  rail.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(rail);
  return h("div", { class: "carousel" }, rail, back, on);
}

function formNode(content, { t, submit, chosen }) {
  const answered = content.fields.some((field) => field.answer !== null && field.answer !== undefined);
  const words = content.text ? h("p", { class: "form-words" }, linked(content.text, t)) : null;
  if (answered) {
    const rows = content.fields
      .filter((field) => field.answer)
      .map((field) => [h("dt", {}, field.label || field.name), h("dd", {}, field.answer)]);
    return h("div", { class: "bubble answers" }, words, h("dl", {}, rows));
  }
  if (!submit && chosen !== null && chosen !== undefined) return h("div", { class: "bubble" }, content.text || t("form"));
  const send = submit && ((answers) => submit(content.fields.map((field) => ({ ...field, answer: answers[field.name] }))));
  return h(
    "div",
    { class: submit ? "card form-card" : "card form-card inert" },
    words,
    form(content.fields, { t, submit: send, name: content.text || t("form") }),
  );
}

function articleCard(id, { t, article, read }) {
  const title = h("h4", { class: "card-title" }, t("loading"));
  const button =
    read && h("button", { type: "button", class: "choice", on: { click: () => read(id) } }, t("read_article"), icon("next", 16));
  const element = h("article", { class: "card" }, h("div", { class: "card-words" }, title), button);
  Promise.resolve(article?.(id) ?? null).then(
    (found) => (found ? title.replaceChildren(found.title) : element.remove()),
    () => title.replaceChildren(t("error")),
  );
  return element;
}
