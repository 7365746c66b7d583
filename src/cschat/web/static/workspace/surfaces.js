/**
 * What lies over the page: menus, dialogs, notices, and what screen readers are told.
 *
 * May: open, place, close, move the focus in and back. May not: know what is in them.
 */

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";

const TOAST_SECONDS = 5;
const EDGE = 8;

let live = null;
let toasts = null;

/** Tells a screen reader something, politely. */
export function announce(text) {
  if (!live) {
    live = h("div", { class: "hidden-text", role: "status", "aria-live": "polite" });
    document.body.append(live);
  }
  live.textContent = "";
  requestAnimationFrame(() => {
    live.textContent = text;
  });
}

/** A short notice. An error stays until it is closed. Answers with the function that closes it. */
export function toast(text, { kind = "info", action = "", then = null, close = "Close" } = {}) {
  if (!toasts) {
    toasts = h("div", { class: "toasts", role: "region", "aria-label": "", "aria-live": "polite" });
    document.body.append(toasts);
  }
  for (const old of [...toasts.children]) if (old.dataset.text === text) old.remove();
  while (toasts.children.length > 2) toasts.firstChild.remove();
  const node = h("div", { class: `toast ${kind}`, role: kind === "error" ? "alert" : "status" });
  const away = () => node.remove();
  node.dataset.text = text;
  node.append(icon(kind === "error" ? "alert" : "check"), h("span", {}, text));
  if (action) {
    node.append(
      h("button", { type: "button", class: "toast-action", on: { click: () => (away(), then?.()) } }, action),
    );
  }
  node.append(h("button", { type: "button", class: "icon-button small", "aria-label": close, on: { click: away } }, icon("close")));
  toasts.append(node);
  if (kind !== "error") {
    let left = setTimeout(away, TOAST_SECONDS * 1000);
    node.addEventListener("pointerenter", () => clearTimeout(left));
    node.addEventListener("pointerleave", () => {
      left = setTimeout(away, TOAST_SECONDS * 400);
    });
  }
  return away;
}

/** Puts an open surface beside its anchor, within the window. */
export function place(surface, anchor, { align = "end", above = false } = {}) {
  const at = anchor.getBoundingClientRect();
  const own = surface.getBoundingClientRect();
  const wide = document.documentElement.clientWidth;
  const high = window.innerHeight;
  let left = align === "end" ? at.right - own.width : at.left;
  left = Math.max(EDGE, Math.min(left, wide - own.width - EDGE));
  let top = above ? at.top - own.height - 6 : at.bottom + 6;
  if (top + own.height > high - EDGE) top = Math.max(EDGE, at.top - own.height - 6);
  if (top < EDGE) top = Math.min(at.bottom + 6, high - own.height - EDGE);
  surface.style.left = `${Math.round(left)}px`;
  surface.style.top = `${Math.round(top)}px`;
}

/**
 * A menu beneath a button. `items`: `{ text, hint, icon, checked, danger, disabled, then }`, or `"-"` for a line, or `{ heading }`.
 * Arrow keys move, Enter chooses, Escape closes; the focus goes back to the button.
 */
export function menu(anchor, items, options = {}) {
  if (anchor.getAttribute("aria-expanded") === "true") {
    anchor.dispatchEvent(new CustomEvent("menuclose"));
    return;
  }
  const list = h("div", { class: "menu", role: "menu", tabindex: "0" });
  if (options.label) list.setAttribute("aria-label", options.label);
  for (const item of items) {
    if (item === "-") list.append(h("hr"));
    else if (item?.heading) list.append(h("div", { class: "menu-heading", role: "presentation" }, item.heading));
    else if (item) list.append(entry(item));
  }
  const choices = () => [...list.querySelectorAll("[role^=menuitem]:not([aria-disabled=true])")];
  const shut = (focus = true) => {
    list.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", shut);
    anchor.removeEventListener("menuclose", shut);
    if (focus) anchor.focus({ preventScroll: true });
  };
  const outside = (event) => {
    if (!list.contains(event.target) && !anchor.contains(event.target)) shut(false);
  };

  function entry(item) {
    const kind = item.checked === undefined ? "menuitem" : "menuitemradio";
    const node = h(
      "button",
      {
        type: "button",
        role: kind,
        class: `menu-item${item.danger ? " danger" : ""}`,
        tabindex: "-1",
        on: { click: () => (shut(), item.then?.()) },
      },
      item.icon ? (item.icon instanceof Node ? item.icon : icon(item.icon)) : null,
      h("span", { class: "menu-text" }, item.text, item.hint ? h("small", {}, item.hint) : null),
      item.checked ? icon("check") : null,
    );
    if (item.checked !== undefined) node.setAttribute("aria-checked", String(item.checked));
    if (item.disabled) {
      node.disabled = true;
      node.setAttribute("aria-disabled", "true");
    }
    return node;
  }

  list.addEventListener("keydown", (event) => {
    const all = choices();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all[(to + all.length) % all.length]?.focus();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      shut();
    } else if (event.key === "Tab") {
      shut();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      const found = all.find((one) => one.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
      found?.focus();
    }
  });
  document.body.append(list);
  anchor.setAttribute("aria-haspopup", "menu");
  anchor.setAttribute("aria-expanded", "true");
  place(list, anchor, options);
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", shut);
  anchor.addEventListener("menuclose", shut);
  (list.querySelector("[aria-checked=true]") ?? choices()[0] ?? list).focus();
}

/**
 * A modal dialog with a title. `fill(body, shut)` puts its contents in; `wide` is for more than a form. Answers with the element.
 * It closes by Escape, its button, or a click beside it; `onclose` is told.
 */
export function dialog({ title, close = "Close", fill, kind = "", onclose = null, bare = false }) {
  const body = h("div", { class: "dialog-body" });
  const before = document.activeElement;
  const node = h("dialog", { class: `dialog ${kind}`, "aria-label": title });
  const shut = () => node.close();
  if (!bare) {
    node.append(
      h(
        "header",
        { class: "dialog-head" },
        h("h2", {}, title),
        h("button", { type: "button", class: "icon-button", "aria-label": close, on: { click: () => shut() } }, icon("close")),
      ),
    );
  }
  node.append(body);
  fill(body, shut);
  node.addEventListener("pointerdown", (event) => {
    if (event.target !== node) return;
    const at = node.getBoundingClientRect();
    const within = event.clientX >= at.left && event.clientX <= at.right && event.clientY >= at.top && event.clientY <= at.bottom;
    if (!within) shut();
  });
  node.addEventListener("close", () => {
    node.remove();
    onclose?.();
    if (before?.isConnected) before.focus({ preventScroll: true });
  });
  document.body.append(node);
  node.showModal();
  (node.querySelector("[autofocus]") ?? body.querySelector("input, textarea, select, button"))?.focus();
  return node;
}
