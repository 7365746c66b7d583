/**
 * The keyboard: what each key does, in one table, and the sheet that shows it.
 *
 * May: hear keys and call what is bound to them. May not: act by itself.
 *
 * A view binds its own keys with `app.keys.bind({ key: then })`, which answers with the function that frees them again. Keys are letters as
 * they are typed ("c", "?"), or names ("ArrowDown"). They are not heard while somebody writes, nor beneath a dialog or an open menu.
 */

import { h } from "../shared/dom.js";
import { dialog } from "./surfaces.js";

/** Keys on a Korean keyboard that is switched to Hangul, by their place. */
const BY_CODE = /^Key([A-Z])$/;

const SHEET = [
  ["keys_lists", [["↑ ↓", "key_move"], ["Enter", "key_open"], ["C", "key_claim"], ["1 – 4", "key_tab"]]],
  ["keys_all", [["Ctrl K", "key_search"], ["?", "key_help"], ["Esc", "key_escape"]]],
  [
    "keys_talk",
    [
      ["R", "key_reply"],
      ["N", "key_note"],
      ["T", "key_transfer"],
      ["H", "key_hold"],
      ["E", "key_end"],
      ["I", "key_customer"],
      ["Enter", "key_send"],
      ["Shift Enter", "key_break"],
      ["#", "key_canned"],
      ["?", "key_faq"],
      ["@", "key_mention"],
    ],
  ],
];

export function bindKeys(app, { tab }) {
  const layers = [];
  app.keys = {
    bind(table) {
      layers.push(table);
      return () => {
        const at = layers.indexOf(table);
        if (at >= 0) layers.splice(at, 1);
      };
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    const letter = BY_CODE.exec(event.code)?.[1]?.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && letter === "k") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) app.search();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], .menu")) return;
    if (event.key !== "Escape" && writes(event.target)) return;
    const name = event.key === "?" || event.key.length > 1 || !letter ? event.key : letter;
    for (const layer of [...layers].reverse()) {
      const then = layer[name];
      if (then && then(event) !== false) {
        event.preventDefault();
        return;
      }
    }
    if (name === "?") {
      event.preventDefault();
      showKeys(app);
    } else if (/^[1-4]$/.test(name)) {
      tab(Number(name) - 1);
    }
  });
}

/** Whether keys go into a field. */
function writes(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function showKeys(app) {
  const { t } = app;
  dialog({
    title: t("keys_title"),
    close: t("close"),
    kind: "keys",
    fill: (body) => {
      body.tabIndex = -1;
      body.setAttribute("autofocus", "");
      for (const [title, rows] of SHEET) {
        body.append(
          h(
            "section",
            {},
            h("h3", {}, t(title)),
            h("dl", {}, rows.map(([keys, text]) => h("div", {}, h("dt", {}, t(text)), h("dd", {}, keys.split(" ").map((key) => key === "–" ? "–" : h("kbd", {}, key)))))),
          ),
        );
      }
    },
  });
}
