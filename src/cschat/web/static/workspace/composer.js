/**
 * The composer: one field for replies and internal notes, with what may be put into it, files, suggestions, and replies for later.
 *
 * May: hold what is written, keep it in the browser, hand it over to be sent. May not: send (the conversation does), or lose anything.
 */

import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { Attached } from "./attached.js";
import { Completing } from "./completing.js";
import { askLater, askReview, scheduledNodes } from "./later.js";
import { menu } from "./surfaces.js";

const TYPING = 4000;
const KEEP = 200;
const CHIPS = 3;

export class Composer {
  /** `on`: `send(content, {note})`, `typing(now)`, `act(command, fields, told)`. */
  constructor(app, on) {
    Object.assign(this, { app, on });
    this.session = null;
    this.allowed = new Set();
    this.mode = "public";
    this.attached = new Attached(app, { changed: () => (this.#ready(), this.#keep()), removed: () => this.focus() });
    this.delayed = 0;
    this.typing = false;
    this.rendering = null;
    this.unsent = false;
    this.#build();
    this.onHide = () => this.#keep();
    addEventListener("pagehide", this.onHide);
  }

  close() {
    this.leave();
    removeEventListener("pagehide", this.onHide);
  }

  // ------------------------------------------------------------------------------------------------------------ opening

  /** Another session: what was being written there comes back. */
  open(id) {
    this.id = id;
    this.session = null;
    this.suggestions = [];
    const draft = this.app.client.drawer.get(`draft:${id}`);
    this.mode = draft?.mode ?? null;
    this.attached.put(draft?.attached ?? []);
    this.field.value = draft?.text ?? "";
    fill(this.chips);
    fill(this.later);
    this.#grow();
    this.#mode();
  }

  /** The session has come, or is another now. */
  show(session, allowed) {
    const became = session.agent === this.app.me.id && this.session && this.session.agent !== session.agent;
    this.session = session;
    this.allowed = allowed;
    if (became && !this.field.value.trim()) this.mode = "public";
    this.#mode();
    if (session.delayed.length || this.delayed) this.#scheduled();
    this.delayed = session.delayed.length;
    if (this.#mine() === false) fill(this.chips);
  }

  leave() {
    this.#keep();
    this.#types(false);
    this.completing.shut();
    this.attached.stop();
    this.id = null;
  }

  /** Puts the caret into the field; true, as keys are told. */
  write(mode) {
    if (mode === "public" && !this.public) return false;
    this.#set(mode);
    this.focus();
    return true;
  }

  focus() {
    this.field.focus({ preventScroll: true });
  }

  /** Takes back what could not be sent, before what is being written now. */
  give(content, note) {
    const text = [content.text, this.field.value].filter((one) => one?.trim()).join("\n");
    this.field.value = text;
    if (content.media) this.attached.add({ name: content.media.name, media: content.media });
    if (content.article) this.attached.add({ name: content.text, article: content.article });
    this.#set(note ? "note" : "public");
    this.#grow();
    this.#keep();
  }

  #keep() {
    clearTimeout(this.keeping);
    if (!this.id) return;
    const text = this.field.value;
    const attached = this.attached.kept;
    const empty = !text.trim() && !attached.length;
    this.app.client.drawer.put(`draft:${this.id}`, empty ? null : { text, mode: this.mode ?? "public", attached });
  }

  // ---------------------------------------------------------------------------------------------------------- suggestions

  /** Asks what one might answer now. */
  async suggest() {
    const { app, id } = this;
    if (!this.#mine() || this.unable) return;
    try {
      const found = await app.client.ask("SuggestReplies", { session: id, limit: CHIPS }, { tries: 0 });
      if (this.id === id) this.#chips(found);
    } catch (problem) {
      if (problem.code === "missing_extra") this.unable = true;
    }
  }

  #chips(found) {
    const { t } = this.app;
    this.suggestions = found;
    const chips = found.map((one) =>
      h(
        "button",
        { type: "button", class: "chip", title: one.text, on: { click: () => this.#fillIn(one) } },
        h("span", { class: "chip-source" }, t(`source_${one.source}`)),
        h("span", { class: "chip-text" }, one.title || one.text),
      ),
    );
    fill(this.chips, chips.length ? [h("span", { class: "hidden-text" }, t("suggestions")), icon("star", 16), chips] : null);
  }

  #fillIn(suggestion) {
    const before = this.field.value;
    this.#set("public");
    this.field.focus();
    this.field.select();
    this.#insert(0, this.field.value.length, suggestion.text);
    this.app.toast(this.app.t("filled"), {
      action: this.app.t("undo_fill"),
      then: () => {
        this.field.value = before;
        this.#changed();
        this.focus();
      },
    });
  }

  #mine() {
    return this.session?.state === "active" && this.session.agent === this.app.me.id;
  }

  // ----------------------------------------------------------------------------------------------------------------- mode

  get public() {
    return this.session?.state === "active" && this.allowed.has("SendMessage");
  }

  #set(mode) {
    this.mode = mode;
    this.#mode();
    this.completing.look(this.mode);
    this.#keep();
  }

  #mode() {
    const { app, session } = this;
    const { t } = app;
    const canSay = this.public;
    if (session) this.mode = canSay ? (this.mode ?? (this.#mine() ? "public" : "note")) : "note";
    const note = this.mode === "note";
    this.node.classList.toggle("note", note);
    for (const [mode, button] of this.modes) {
      const is = mode === (note ? "note" : "public");
      button.setAttribute("aria-checked", String(is));
      button.tabIndex = is ? 0 : -1;
      button.disabled = mode === "public" && session !== null && !canSay;
    }
    this.field.placeholder = t(`placeholder_${note ? "note" : "public"}${matchMedia("(max-width: 767px)").matches ? "_short" : ""}`);
    this.field.setAttribute("aria-label", t(note ? "internal_note" : "composer"));
    fill(this.sendButton, note ? icon("lock", 16) : null, h("span", {}, t(note ? "leave_note" : "send")), note ? null : icon("send", 16));
    this.sendMore.hidden = note || !this.allowed.has("DelayReply");
    this.mention.hidden = !note;
    this.hint.hidden = true;
    if (session) {
      const others = session.state === "active" && session.agent !== app.me.id;
      const over = session.state === "wrap_up" || session.state === "closed";
      const key = over ? "not_open" : others ? "not_yours" : session.state === "active" ? null : "not_claimed";
      this.hint.hidden = key === null;
      if (key) fill(this.hint, icon("info", 16), h("span", {}, t(key, { name: app.desk.agent(session.agent)?.name ?? "" })));
    }
    this.#ready();
  }

  #ready() {
    const { busy, all } = this.attached;
    this.sendButton.disabled = busy || (!this.field.value.trim() && !all.length) || !this.session;
    this.sendMore.disabled = this.sendButton.disabled;
  }

  // --------------------------------------------------------------------------------------------------------------- writing

  #changed() {
    this.#grow();
    this.#ready();
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.#keep(), KEEP);
    this.#types(this.mode === "public" && this.field.value.trim() !== "");
    this.completing.look(this.mode);
  }

  #grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 220)}px`;
  }

  /** Tells that one types, once, and that one has stopped. */
  #types(now) {
    clearTimeout(this.still);
    if (now) this.still = setTimeout(() => this.#types(false), TYPING);
    if (now === this.typing) return;
    this.typing = now;
    this.on.typing(now);
  }

  /** Puts a text in place of another so that the browser's own undo takes it back. */
  #insert(from, to, text) {
    const { field } = this;
    field.focus();
    field.setSelectionRange(from, to);
    if (!document.execCommand?.("insertText", false, text)) {
      field.setRangeText(text, from, to, "end");
      this.#changed();
    }
  }

  async #pick(kind, item, from, to) {
    const { app } = this;
    if (kind === "mention") {
      this.#insert(from, to, `@${item.name} `);
      return;
    }
    if (kind === "faq") {
      this.#insert(from, to, "");
      this.attached.add({ name: item.title, article: item.id });
      this.#changed();
      return;
    }
    const { id } = this;
    try {
      this.rendering = app.client.ask("RenderCannedResponse", { session: id, canned: item.id });
      const content = await this.rendering;
      if (this.id !== id) return;
      this.#insert(from, to, content.text);
      if (content.media) this.attached.add({ name: content.media.name || app.t("kind_image"), media: content.media, image: true });
    } catch (problem) {
      this.unsent = false;
      app.failed(problem);
    } finally {
      this.rendering = null;
      if (this.unsent && this.id === id) this.#send();
      this.unsent = false;
    }
  }

  #start(letter) {
    const { field } = this;
    const at = field.selectionStart;
    const before = field.value.slice(0, at);
    const gap = letter === "?" ? (before && !before.endsWith("\n") ? "\n" : "") : before && !/\s$/.test(before) ? " " : "";
    this.#insert(at, field.selectionEnd, gap + letter);
  }

  // --------------------------------------------------------------------------------------------------------------- sending

  /** Sends what is written; once the canned response that was picked stands there, if it is still being rendered. */
  #send() {
    this.unsent = this.rendering !== null;
    if (this.unsent || this.sendButton.disabled) return;
    const contents = this.attached.contents(this.field.value.trim());
    const note = this.mode === "note";
    this.#clear();
    for (const content of contents) this.on.send(content, { note });
    this.focus();
  }

  #clear() {
    this.attached.put([]);
    this.field.value = "";
    fill(this.chips);
    this.#grow();
    this.#ready();
    this.#types(false);
    this.#keep();
    if (this.mode === "note" && this.public) this.#set("public");
  }

  #more(anchor) {
    const { app } = this;
    const { t } = app;
    const [content] = this.attached.contents(this.field.value.trim());
    const done = (told) => {
      this.#clear();
      app.toast(told);
      this.#scheduled();
    };
    menu(anchor, [
      { text: t("later"), icon: "clock", then: () => askLater(app, this.session, content, done) },
      { text: t("review"), icon: "eye", then: () => askReview(app, this.session, content, done) },
    ], { above: true, label: t("send_more") });
  }

  async #scheduled() {
    const { app, id } = this;
    try {
      const page = await app.client.ask("DelayedReplies", { session: id });
      if (this.id !== id) return;
      const open = page.items.filter((reply) => reply.state === "waiting" || reply.state === "held");
      fill(this.later, scheduledNodes(app, open, () => this.#scheduled()));
    } catch (problem) {
      console.warn("cschat: scheduled replies could not be asked for", problem);
    }
  }

  // -------------------------------------------------------------------------------------------------------------- building

  #build() {
    const { app } = this;
    const { t } = app;
    this.modes = new Map();
    for (const mode of ["public", "note"]) {
      const button = h("button", { type: "button", role: "radio", class: `mode ${mode}`, on: { click: () => (this.#set(mode), this.focus()) } }, icon(mode === "note" ? "lock" : "chat", 15), t(`mode_${mode}`));
      this.modes.set(mode, button);
    }
    const modes = h("div", { class: "modes", role: "radiogroup", "aria-label": t("mode") }, ...this.modes.values());
    modes.addEventListener("keydown", (event) => {
      if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      const to = this.mode === "note" ? "public" : "note";
      if (this.modes.get(to).disabled) return;
      this.#set(to);
      this.modes.get(to).focus();
    });
    this.field = h("textarea", { class: "composer-field", rows: "1", maxlength: "20000", role: "combobox", "aria-expanded": "false", "aria-controls": "completing", "aria-autocomplete": "list", enterkeyhint: "send" });
    this.completing = new Completing(app, this.field, { pick: (...picked) => this.#pick(...picked) });
    this.chips = h("div", { class: "chips" });
    this.later = h("div", { class: "scheduled" });
    this.hint = h("p", { class: "composer-hint", hidden: true });
    this.sendButton = h("button", { type: "button", class: "button primary send", on: { click: () => this.#send() } });
    this.sendMore = h("button", { type: "button", class: "button primary send-more", "aria-label": t("send_more"), title: t("send_more"), on: { click: (event) => this.#more(event.currentTarget) } }, icon("up", 16));
    const input = h("input", { type: "file", multiple: true, hidden: true, tabindex: "-1" });
    input.addEventListener("change", () => {
      this.attached.upload(input.files);
      input.value = "";
    });
    const tool = (name, sign, then) => h("button", { type: "button", class: "icon-button", "aria-label": t(name), title: t(name), on: { click: then } }, icon(sign, 18));
    this.mention = tool("insert_colleague", "at", () => this.#start("@"));
    this.node = h(
      "div",
      { class: "composer" },
      this.later,
      this.hint,
      this.chips,
      h(
        "div",
        { class: "composer-box" },
        this.completing.list,
        modes,
        this.field,
        this.attached.node,
        h(
          "div",
          { class: "composer-tools" },
          tool("attach", "clip", () => input.click()),
          input,
          tool("insert_canned", "hash", () => this.#start("#")),
          tool("insert_faq", "help", () => this.#start("?")),
          this.mention,
          h("span", { class: "composer-keys" }, t("send_by_enter")),
          h("div", { class: "send-group" }, this.sendButton, this.sendMore),
        ),
        h("div", { class: "drop", "aria-hidden": "true" }, icon("clip"), t("drop_here")),
      ),
    );
    this.#listen();
  }

  #listen() {
    const { field, node } = this;
    field.addEventListener("input", () => this.#changed());
    field.addEventListener("compositionend", () => this.#changed());
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (this.completing.key(event)) {
        event.preventDefault();
        event.stopPropagation();
      } else if (event.key === "Enter" && !event.shiftKey && !event.altKey && !phone()) {
        event.preventDefault();
        this.#send();
      }
    });
    field.addEventListener("blur", () => setTimeout(() => document.activeElement !== field && this.completing.shut(), 150));
    field.addEventListener("click", () => this.completing.look(this.mode));
    field.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      this.attached.upload(files);
    });
    let depth = 0;
    const dragged = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    node.addEventListener("dragenter", (event) => dragged(event) && ((depth += 1), node.classList.add("dropping")));
    node.addEventListener("dragover", (event) => dragged(event) && event.preventDefault());
    node.addEventListener("dragleave", () => {
      depth = Math.max(0, depth - 1);
      if (!depth) node.classList.remove("dropping");
    });
    node.addEventListener("drop", (event) => {
      if (!dragged(event)) return;
      event.preventDefault();
      depth = 0;
      node.classList.remove("dropping");
      this.attached.upload(event.dataTransfer.files);
    });
  }
}

/** On a phone, Enter is a new line: there is a button to send. */
function phone() {
  return matchMedia("(pointer: coarse) and (max-width: 767px)").matches;
}
