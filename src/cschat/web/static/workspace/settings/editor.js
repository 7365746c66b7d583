/**
 * A place to write an article in: headings, lists, links, pictures; nothing else. What is pasted comes in as text.
 *
 * May: edit nodes. May not: keep HTML that came from elsewhere (`article` lets in what the desk lets in).
 */

import { article, fill, h, safe } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { dialog } from "../surfaces.js";

/** `{node, area, get(), set(html)}`. */
export function editor(t, html, enabled) {
  let last = "";
  let said = html;
  const area = h("div", { class: "article-area prose", contenteditable: enabled ? "true" : "false", role: "textbox", "aria-multiline": "true", tabindex: "0" });
  const run = (command, value = null) => {
    area.focus();
    document.execCommand("styleWithCSS", false, "false");
    document.execCommand("defaultParagraphSeparator", false, "p");
    document.execCommand(command, false, value);
    changed();
  };
  const changed = () => area.dispatchEvent(new Event("input", { bubbles: true }));
  const inside = (name) => {
    const at = document.getSelection()?.anchorNode;
    return area.contains(at) ? (at.nodeType === Node.TEXT_NODE ? at.parentElement : at).closest(name) : null;
  };
  const block = (name) => run("formatBlock", inside(name) ? "P" : name);
  const tools = [
    ["B", "editor_bold", () => run("bold"), "bold"],
    ["I", "editor_italic", () => run("italic"), "italic"],
    ["H2", "editor_heading", () => block("H2"), null],
    ["H3", "editor_subheading", () => block("H3"), null],
    ["list", "editor_list", () => run("insertUnorderedList"), "insertUnorderedList"],
    ["1.", "editor_numbers", () => run("insertOrderedList"), "insertOrderedList"],
    ["“", "editor_quote", () => block("BLOCKQUOTE"), null],
    ["link", "editor_link", () => ask(t, "editor_link", "https://", (address) => (address ? run("createLink", address) : run("unlink"))), null],
    ["image", "editor_image", () => ask(t, "editor_image", "https://", (address) => address && run("insertImage", address)), null],
    ["undo", "editor_undo", () => run("undo"), null],
  ].map(([sign, name, act, state]) => {
    const button = h("button", { type: "button", class: "editor-tool", "aria-label": t(name), title: t(name), disabled: !enabled, on: { click: act } }, ["list", "link", "image"].includes(sign) ? icon(sign, 18) : sign === "undo" ? icon("back", 18) : h("span", { class: `sign-${name}` }, sign));
    if (state) button.dataset.state = state;
    return button;
  });
  const bar = h("div", { class: "editor-bar", role: "toolbar", "aria-label": t("editor_tools") }, tools);
  const tell = () => {
    for (const button of tools) if (button.dataset.state) button.setAttribute("aria-pressed", String(area.contains(document.getSelection()?.anchorNode) && document.queryCommandState(button.dataset.state)));
  };
  area.addEventListener("keyup", tell);
  area.addEventListener("pointerup", tell);
  area.addEventListener("paste", (event) => {
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    const lines = text.split(/\r?\n/);
    lines.forEach((line, at) => {
      if (at) document.execCommand("insertParagraph");
      if (line) document.execCommand("insertText", false, line);
    });
    changed();
  });
  area.addEventListener("drop", (event) => event.preventDefault());
  area.addEventListener("focus", () => {
    document.execCommand("defaultParagraphSeparator", false, "p");
    if (area.textContent || area.firstElementChild) return;
    fill(area, h("p", {}, h("br"))); // what is typed first is a paragraph, too
    last = area.innerHTML;
    getSelection().setPosition(area.firstChild, 0);
  });
  const set = (to) => fill(area, article(to));
  set(html);
  last = area.innerHTML;
  /** The HTML; as it came while nothing was changed, for the desk may write the same otherwise. */
  const get = () => {
    if (area.innerHTML === last) return said;
    const bare = area.textContent.trim() || area.querySelector("img") ? area.innerHTML : "";
    return bare;
  };
  return {
    node: h("div", { class: "editor" }, bar, area), area, get,
    set(to) {
      set(to);
      last = area.innerHTML;
      said = to;
    },
  };
}

function ask(t, title, start, then) {
  const range = document.getSelection().rangeCount ? document.getSelection().getRangeAt(0) : null;
  dialog({
    title: t(title), close: t("close"),
    fill(body, shut) {
      const input = h("input", { class: "input", type: "url", value: start, "aria-label": t("editor_address"), autofocus: true });
      const wrong = h("p", { class: "set-wrong", hidden: true }, t("set_no_address"));
      const go = (event) => {
        event.preventDefault();
        const address = input.value.trim() === start ? "" : input.value.trim();
        if (address && !(safe(address) && /^(https?:|mailto:|tel:)/i.test(address))) {
          wrong.hidden = false;
          return;
        }
        shut();
        setTimeout(() => {
          if (range) {
            const selection = document.getSelection();
            selection.removeAllRanges();
            selection.addRange(range);
          }
          then(address);
        });
      };
      fill(body, h("form", { class: "set-form", on: { submit: go } }, input, wrong, h("div", { class: "dialog-foot" }, h("button", { type: "submit", class: "button primary" }, t("set_add")))));
    },
  });
}
