/**
 * What lies beside the text that is being written: files on their way or there, articles.
 *
 * May: upload, show, forget. May not: know what is written, or send it.
 */

import { bytes } from "../shared/content.js";
import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";

const MAX_FILE = 10_000_000;
const there = (one) => Boolean(one.media || one.article);

export class Attached {
  /** `changed()` when something has come, arrived or gone by itself; `removed()` when somebody has taken it away. */
  constructor(app, { changed, removed }) {
    Object.assign(this, { app, changed, removed });
    this.all = []; // {name, media or article, image, share, line, preview, bar}
    this.node = h("ul", { class: "attachments", hidden: true });
  }

  get busy() {
    return !this.all.every(there);
  }

  /** What can be kept, and `put` back. */
  get kept() {
    return this.all.filter(there).map(({ name, media, article }) => ({ name, media, article }));
  }

  /** These in place of all others: `{name, media}` or `{name, article}`. */
  put(some) {
    for (const one of this.all) if (one.preview) URL.revokeObjectURL(one.preview);
    this.all = some;
    this.#draw();
  }

  add(one) {
    this.all.push(one);
    this.#draw();
  }

  upload(files) {
    const { app } = this;
    for (const file of files) {
      if (file.size > MAX_FILE) {
        app.toast(app.t("too_large", { name: file.name, size: bytes(MAX_FILE, app.t) }), { kind: "error" });
        continue;
      }
      const one = { name: file.name || app.t("kind_file"), share: 0, line: new AbortController() };
      if (file.type.startsWith("image/")) one.preview = URL.createObjectURL(file);
      this.add(one);
      this.#send(one, file);
    }
    this.changed();
  }

  /** Give up what is on its way. */
  stop() {
    for (const one of this.all) one.line?.abort();
  }

  /** As contents of messages: the text goes beside the first of them. */
  contents(text) {
    const contents = this.all.map((one) => {
      const said = text;
      text = "";
      if (one.article) return { kind: "article", article: one.article, text: said || one.name };
      return { kind: one.image || one.media.type.startsWith("image/") ? "image" : "file", media: one.media, text: said };
    });
    return contents.length ? contents : [{ kind: "text", text }];
  }

  async #send(one, file) {
    const { app } = this;
    try {
      one.media = await app.client.upload(file, {
        signal: one.line.signal,
        onProgress: (share) => {
          one.share = share;
          one.bar?.style.setProperty("--share", String(share));
        },
      });
    } catch (problem) {
      this.all = this.all.filter((other) => other !== one);
      if (!one.line.signal.aborted)
        app.toast(app.t("upload_failed", { name: one.name }), { kind: "error", action: app.t("try_again"), then: () => this.upload([file]) });
    }
    this.#draw();
    this.changed();
  }

  #remove(one) {
    one.line?.abort();
    if (one.preview) URL.revokeObjectURL(one.preview);
    this.all = this.all.filter((other) => other !== one);
    this.#draw();
    this.changed();
    this.removed();
  }

  #draw() {
    const { app } = this;
    const nodes = this.all.map((one) => {
      const image = one.preview ?? (one.media?.type?.startsWith("image/") ? app.client.address(one.media) : null);
      one.bar = h("i", { class: "attached-bar", hidden: there(one) });
      one.bar.style.setProperty("--share", String(one.share ?? 1));
      return h(
        "li",
        { class: "attached" },
        image ? h("img", { src: image, alt: "" }) : icon(one.article ? "book" : "file", 18),
        h("span", {}, one.name, there(one) ? null : h("small", {}, app.t("uploading"))),
        h("button", { type: "button", class: "icon-button small", "aria-label": app.t("remove_file", { name: one.name }), on: { click: () => this.#remove(one) } }, icon("close", 16)),
        one.bar,
      );
    });
    fill(this.node, nodes);
    this.node.hidden = !nodes.length;
  }
}
