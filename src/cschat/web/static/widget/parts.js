// Small parts that several views of the widget are made of.
// May: draw. May not: ask the desk.

import { fill, h, safe } from "../shared/dom.js";
import { icon } from "../shared/icon.js";

const STARS = [1, 2, 3, 4, 5];

/** A button that is an icon; its name is for screen readers and as a tip. */
export function iconButton(name, label, press, given = {}) {
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: press }, ...given },
    icon(name),
  );
}

/** The head of a view: the way back, its name, and the way out. */
export function head(app, name, back) {
  const { t } = app;
  const words = h("div", { class: "head-words" }, h("h2", { class: "head-name", id: "cschat-title", tabindex: "-1" }, name));
  return h(
    "header",
    { class: "head" },
    iconButton("back", t("back"), back),
    words,
    iconButton("close", t("close"), () => app.host.close()),
  );
}

/** The picture of who speaks: an agent's, their first letter, or a bot's. */
export function avatar(face, { bot = false, size = "" } = {}) {
  const circle = h("span", { class: `avatar ${size}`, "aria-hidden": "true" });
  if (face?.image && safe(face.image, document.baseURI, true)) {
    const image = h("img", { src: face.image, alt: "", decoding: "async" });
    image.addEventListener("error", () => image.replaceWith(initial(face.name)));
    circle.append(image);
  } else circle.append(bot || !face?.name ? icon(bot ? "bot" : "chat", 18) : initial(face.name));
  if (face?.status === "available") circle.append(h("span", { class: "dot" }));
  return circle;
}

/** A Korean name is called by what follows the family name; one letter is enough to tell people apart. */
function initial(name) {
  const letters = [...name.trim()];
  return document.createTextNode(/^[가-힣]{3}$/.test(name.trim()) ? letters[1] : (letters[0] ?? "").toUpperCase());
}

/** Draw anew what depends on `signs`, if they are other ones; what had the focus has it again. */
export function redraw(element, signs, draw) {
  const sign = JSON.stringify(signs);
  if (element.sign === sign) return;
  element.sign = sign;
  const focused = element.getRootNode().activeElement;
  const held = element.contains(focused) ? focused : null;
  fill(element, draw());
  if (held && !held.isConnected) [...element.querySelectorAll(held.localName)].find((each) => each.className === held.className)?.focus();
}

/** Placeholders for what is being loaded. */
export function skeleton(lines, label) {
  return h(
    "div",
    { class: "skeleton", role: "status", "aria-label": label },
    Array.from({ length: lines }, () => h("span", { class: "bone" })),
  );
}

/** Something went wrong, and a way on. */
export function trouble(t, again) {
  return h(
    "div",
    { class: "trouble", role: "alert" },
    icon("alert", 28),
    h("p", { class: "trouble-title" }, t("error")),
    h("p", {}, t("error_later")),
    h("button", { type: "button", class: "button", on: { click: again } }, icon("refresh", 18), t("again")),
  );
}

/** A menu beneath a button: `items` are [icon, label, act, {danger}]. Arrow keys, Home, End, Escape. */
export function menu(button, label, items) {
  const close = (refocus) => {
    list.remove();
    button.setAttribute("aria-expanded", "false");
    button.getRootNode().removeEventListener("pointerdown", outside);
    if (refocus) button.focus();
  };
  const outside = (event) => {
    if (!list.contains(event.target) && !button.contains(event.target)) close(false);
  };
  const entries = items().map(([sign, words, act, { danger = false } = {}]) =>
    h(
      "button",
      { type: "button", role: "menuitem", tabindex: "-1", class: danger ? "danger" : null, on: { click: () => (close(true), act()) } },
      icon(sign, 18),
      words,
    ),
  );
  const list = h("div", { class: "menu", role: "menu", "aria-label": label }, entries);
  list.addEventListener("keydown", (event) => {
    const at = entries.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) entries.at(to % entries.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  button.setAttribute("aria-expanded", "true");
  button.after(list);
  button.getRootNode().addEventListener("pointerdown", outside);
  entries[0].focus();
  return () => close(false);
}

/** How was it? Five stars that are radio buttons, each with its word. `rate(score, comment)` is async, and may throw a problem. */
export function rating(t, rate) {
  const word = h("p", { class: "star-word", "aria-hidden": "true" });
  const more = h("div", { class: "star-more", hidden: true });
  const comment = h("textarea", {
    class: "input",
    rows: 2,
    maxlength: 2000,
    "aria-label": t("rate_comment"),
    placeholder: t("rate_comment"),
  });
  const button = h("button", { type: "submit", class: "button primary" }, t("rate_send"));
  const error = h("p", { class: "field-error", role: "alert", hidden: true }, `${t("error")}. ${t("error_later")}`);
  const stars = STARS.map((score) => {
    const input = h("input", {
      type: "radio",
      name: "score",
      value: String(score),
      class: "for-readers",
      "aria-label": t(`star_${score}`),
    });
    return { input, element: h("label", { class: "star", title: t(`star_${score}`) }, input, icon("star", 30)) };
  });
  const chosen = () => stars.findIndex(({ input }) => input.checked) + 1;
  const look = () => {
    stars.forEach(({ element }, at) => element.classList.toggle("lit", at < chosen()));
    fill(word, chosen() ? t(`star_${chosen()}`) : "");
    more.hidden = chosen() === 0;
  };
  more.append(comment, error, button);
  const element = h(
    "form",
    { class: "rating" },
    h(
      "fieldset",
      {},
      h("legend", {}, t("rate")),
      h(
        "div",
        { class: "stars" },
        stars.map((star) => star.element),
      ),
    ),
    word,
    more,
  );
  element.addEventListener("change", look);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!chosen() || button.disabled) return;
    button.disabled = true;
    error.hidden = true;
    try {
      await rate(chosen(), comment.value.trim());
    } catch {
      error.hidden = false;
      button.disabled = false;
    }
  });
  return element;
}
