/**
 * How the widget gets onto a site: the line to copy, made to measure, and a page on which to try it.
 *
 * May: write the line. May not: know a secret (the host's server makes tokens).
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { part, select, toggle } from "./forms.js";

export async function draw(page) {
  const { app, t, place } = page;
  const language = select(t, { name: "language", label: t("install_language"), value: "", choices: [["", t("install_language_page")], ["ko", "한국어"], ["en", "English"]] });
  const position = select(t, { name: "position", label: t("look_position"), value: "", choices: [["", t("install_as_set")], ["right", t("look_right")], ["left", t("look_left")]] });
  const open = toggle(t, { name: "open", label: t("install_open"), hint: t("install_open_hint"), value: false });
  const script = code(page, t("install_script"));
  const address = `${location.origin}${app.base}`;
  const show = () => {
    const given = [["language", language.get()], ["position", position.get()]].filter(([, value]) => value).map(([name, value]) => ` data-${name}="${value}"`);
    script.set(`<script src="${address}/widget.js"${given.join("")}${open.get() ? " data-open" : ""} async></script>`);
  };
  for (const { node } of [language, position, open]) node.addEventListener("change", show);
  show();
  const member = code(page, t("install_member"));
  member.set(`from cschat.web import member_token

token = member_token(SECRET, user.id, name=user.name, email=user.email)
# <script src="${address}/widget.js" data-member-token="{{ token }}" async></script>`);
  const help = code(page, t("install_help"));
  help.set(`${address}/help`);
  fill(
    place,
    part(t("install_script"), t("install_script_note"), script.node, h("div", { class: "set-columns" }, language.node, position.node), open.node),
    part(t("install_try"), t("install_try_note"), h("div", { class: "set-adds" },
      h("a", { class: "button primary", href: app.href("try"), target: "_blank" }, icon("chat", 16), t("install_guest")),
      app.isAdmin ? h("a", { class: "button", href: `${app.href("try")}?as=member`, target: "_blank" }, icon("user", 16), t("install_as_member")) : h("p", { class: "hint" }, t("install_member_admins")))),
    part(t("install_member"), t("install_member_note"), member.node),
    part(t("install_help"), t("install_help_note"), help.node, h("div", { class: "set-adds" }, h("a", { class: "button", href: `${app.base}/help`, target: "_blank" }, icon("book", 16), t("articles_help_centre")))),
  );
}

/** Text to copy, with a button that does. */
function code({ app, t }, name) {
  const text = h("code", {});
  const copy = h("button", { type: "button", class: "button small", on: { click: async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      app.toast(t("install_copied"));
    } catch {
      const range = document.createRange();
      range.selectNodeContents(text);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      app.toast(t("install_select"));
    }
  } } }, icon("copy", 16), t("install_copy"));
  return { node: h("div", { class: "code-copy" }, h("pre", { tabindex: "0", "aria-label": name }, text), copy), set: (to) => (text.textContent = to) };
}
