// Where the customer writes: text that grows to five lines, files by button, paste and drop.
// May: keep a draft, upload. May not: send by itself (`send` does), or send half a syllable.

import { bytes } from "../shared/content.js";
import { fill, h, set } from "../shared/dom.js";
import { icon } from "../shared/icon.js";
import { Problem } from "../shared/problem.js";
import { iconButton } from "./parts.js";

const LINES = 5;

/**
 * `send(said)` gets a text or a content; `typing(yes)` is told; `draft` is the name under which what is written is kept; `placeholder` may change
 * (`ask`). Answers `{element, focus, ask, drop, take}`: `take(files)` attaches files.
 */
export function composer({ t, client, draft, send, typing, maxFile, refused }) {
  const text = h("textarea", {
    class: "composer-text",
    rows: 1,
    "aria-label": t("write"),
    placeholder: t("write"),
    enterkeyhint: "send",
    value: client.drawer.get(draft()) ?? "",
  });
  const files = h("input", { type: "file", multiple: true, class: "for-readers", tabindex: "-1", "aria-hidden": "true" });
  const tray = h("div", { class: "tray", hidden: true });
  const go = h("button", { type: "submit", class: "send", "aria-label": t("send"), title: t("send") }, icon("send"));
  const element = h(
    "form",
    { class: "composer" },
    tray,
    h(
      "div",
      { class: "composer-row" },
      iconButton("clip", t("attach"), () => files.click()),
      files,
      text,
      go,
    ),
  );
  const attached = new Set(); // {file, media, share, problem, stop, node}
  let stopped = null;

  const grow = () => {
    text.style.height = "auto";
    const line = parseFloat(getComputedStyle(text).lineHeight) || 21;
    const around = text.offsetHeight - text.clientHeight + 18;
    text.style.height = `${Math.min(text.scrollHeight, line * LINES + around)}px`;
  };
  const look = () => {
    const uploading = [...attached].some((one) => !one.media && !one.problem);
    const something = text.value.trim() !== "" || [...attached].some((one) => one.media);
    set(go, { "aria-disabled": !something || uploading ? "true" : null });
    tray.hidden = attached.size === 0;
    return something && !uploading;
  };
  const quiet = () => {
    clearTimeout(stopped);
    stopped = null;
    typing(false);
  };

  const submit = () => {
    if (!look()) return;
    for (const one of [...attached].filter((each) => each.media)) {
      send({ kind: one.media.type.startsWith("image/") ? "image" : "file", media: one.media });
      remove(one);
    }
    const said = text.value.trim();
    if (said) send(said);
    text.value = "";
    client.drawer.put(draft(), null);
    quiet();
    grow();
    look();
    text.focus();
  };

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  text.addEventListener("keydown", (event) => {
    // While a syllable is being composed, Enter settles it (229: Safari says it after the composition has ended).
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  text.addEventListener("input", () => {
    client.drawer.put(draft(), text.value || null);
    grow();
    look();
    if (!text.value.trim()) return quiet();
    if (stopped === null) typing(true);
    clearTimeout(stopped);
    stopped = setTimeout(quiet, 5000);
  });
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });
  files.addEventListener("change", () => {
    take(files.files);
    files.value = "";
  });

  function take(list) {
    for (const file of list) attach(file);
    text.focus();
  }

  function attach(file) {
    const one = { file, media: null, problem: null, stop: new AbortController() };
    const bar = h("progress", { max: 1, value: 0, "aria-label": t("uploading", { name: file.name }) });
    const told = h("span", { class: "tray-told" }, bytes(file.size, t));
    const away = iconButton("close", t("remove_file", { name: file.name }), () => remove(one), { class: "icon-button small" });
    one.node = h("div", { class: "tray-file" }, preview(file, one), h("span", { class: "tray-name" }, file.name), told, bar, away);
    attached.add(one);
    tray.append(one.node);
    look();
    if (file.size > maxFile()) return wrong(one, told, bar, t("too_large", { size: bytes(maxFile(), t) }));
    client
      .upload(file, { signal: one.stop.signal, onProgress: (share) => (bar.value = share) })
      .then((media) => {
        one.media = media;
        bar.remove();
        one.node.classList.add("there");
        look();
      })
      .catch((problem) => {
        if (one.stop.signal.aborted) return;
        if (!(problem instanceof Problem)) throw problem;
        wrong(one, told, bar, problem.status === 413 ? t("too_large", { size: bytes(maxFile(), t) }) : refused(problem));
      });
  }

  function wrong(one, told, bar, words) {
    one.problem = words;
    bar.remove();
    one.node.classList.add("wrong");
    fill(told, h("span", { role: "alert" }, words));
    look();
  }

  function preview(file, one) {
    if (!file.type.startsWith("image/")) return h("span", { class: "tray-picture" }, icon("file", 18));
    one.url = URL.createObjectURL(file);
    const image = h("img", { class: "tray-picture", src: one.url, alt: "" });
    image.addEventListener("error", () => image.replaceWith(h("span", { class: "tray-picture" }, icon("image", 18))));
    return image;
  }

  function remove(one) {
    if (!one.media) one.stop.abort();
    if (one.url) URL.revokeObjectURL(one.url);
    attached.delete(one);
    one.node.remove();
    look();
    text.focus();
  }

  look();
  requestAnimationFrame(grow);
  return {
    element,
    take,
    focus: () => text.focus(),
    ask: (words) => set(text, { placeholder: words, "aria-label": words }),
    leave: () => stopped !== null && quiet(),
  };
}
