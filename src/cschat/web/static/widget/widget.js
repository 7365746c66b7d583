// The one script of a host's page: it puts the launcher there, and fetches everything else when somebody wants it.
// May: read its own tag, draw the launcher, offer `window.cschat`. May not: make a customer of somebody who only looks at a page.
//
// Attributes of the tag: data-member-token, data-token-url, data-language, data-position ("left"), data-theme ("light", "dark"), data-open.

(() => {
  const tag = document.currentScript ?? document.querySelector('script[src*="/widget.js"]');
  if (!tag || customElements.get("cschat-widget")) return;

  const source = new URL(tag.src, document.baseURI);
  const steps = source.pathname.split("/");
  const brand = decodeURIComponent(steps.at(-2));
  const mount = source.origin + steps.slice(0, -2).join("/");
  const files = `${mount}/-/static`;
  const given = tag.dataset;
  const chosenLanguage = given.language || document.documentElement.lang || navigator.language || "ko";

  const store = (name) => `cschat:${mount}/${brand}:${name}`;
  const kept = (name) => {
    try {
      return JSON.parse(localStorage.getItem(store(name)));
    } catch {
      return null;
    }
  };

  const STYLE = `
    :host { all: initial; position: fixed; z-index: 2147483000; inset-block-end: max(20px, env(safe-area-inset-bottom)); inset-inline-end: 20px;
      font-family: system-ui, sans-serif; }
    :host([data-position="left"]) { inset-inline: 20px auto; }
    @media print { :host { display: none; } }
    .launcher { display: flex; align-items: center; justify-content: center; gap: 8px; box-sizing: border-box; min-width: 56px; height: 56px; padding: 0;
      border: 0; border-radius: 28px; background: var(--brand, #2f6fed); color: var(--on-brand, #fff); font-family: inherit; font-size: 15px; font-weight: 600; line-height: 1;
      cursor: pointer; box-shadow: 0 6px 20px rgb(16 24 40 / 22%), 0 1px 4px rgb(16 24 40 / 16%); opacity: 0; transform: scale(.8);
      transition: opacity 160ms ease-out, transform 160ms ease-out, filter 120ms ease-out; }
    .launcher.there { opacity: 1; transform: none; }
    .launcher.worded { padding: 0 22px 0 18px; }
    .launcher:hover { filter: brightness(1.06); }
    .launcher:active { transform: scale(.95); }
    .launcher:focus-visible { outline: 3px solid var(--on-brand, #fff); outline-offset: -6px; box-shadow: 0 0 0 3px var(--brand, #2f6fed), 0 6px 20px rgb(16 24 40 / 22%); }
    .launcher svg { display: block; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .launcher .shut, .launcher[aria-expanded="true"] .talk { display: none; }
    .launcher[aria-expanded="true"] .shut { display: block; }
    .launcher[aria-expanded="true"] .label { display: none; }
    .launcher[aria-expanded="true"].worded { padding: 0; }
    .badge { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-width: 20px; height: 20px; padding: 0 6px; box-sizing: border-box;
      border-radius: 10px; background: #c2262e; color: #fff; font-family: inherit; font-size: 12px; font-weight: 700; line-height: 20px; text-align: center;
      font-variant-numeric: tabular-nums; pointer-events: none; }
    .badge[hidden] { display: none; }
    @media (prefers-reduced-motion: reduce) { .launcher { transition: none; } }
    @media (max-width: 479.98px) { :host([data-opened]) .launcher { display: none; } }
  `;
  const TALK =
    "M8.6 5.5h10.8a2.6 2.6 0 0 1 2.6 2.6v7.3a2.6 2.6 0 0 1-2.6 2.6h-5.6l-4.7 3.7V18h-.5A2.6 2.6 0 0 1 6 15.4V8.1a2.6 2.6 0 0 1 2.6-2.6Z";
  const SHUT = "m8 11.5 6 6 6-6";

  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  const drawn = (path, name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const looks = { class: name, viewBox: "0 0 28 28", width: 28, height: 28, "aria-hidden": "true" };
    for (const [key, value] of Object.entries(looks)) svg.setAttribute(key, value);
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  };

  const listeners = new Map();
  const tell = (event, detail) => listeners.get(event)?.forEach((listener) => listener(detail));

  /** The language that the customer has chosen here, or that of the page. */
  const language = () => kept("language") ?? (chosenLanguage.toLowerCase().startsWith("ko") ? "ko" : "en");

  class Widget extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      this.shadowRoot.adoptedStyleSheets = [sheet];
      this.label = make("span", { class: "label" });
      this.badge = make("span", { class: "badge", hidden: "", "aria-hidden": "true" });
      this.launcher = make(
        "button",
        { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false" },
        drawn(TALK, "talk"),
        drawn(SHUT, "shut"),
        this.label,
        this.badge,
      );
      this.launcher.addEventListener("click", () => this.toggle());
      for (const event of ["pointerenter", "focus"]) this.launcher.addEventListener(event, () => this.prepare(), { once: true });
      this.shadowRoot.append(this.launcher);
      if (given.theme) this.dataset.theme = given.theme;
      this.unread = 0;
      this.dress();
      this.look();
      if (kept("guest") || given.memberToken || given.tokenUrl)
        (window.requestIdleCallback ?? setTimeout)(() => this.prepare(), { timeout: 2000 });
      if ((given.open !== undefined && given.open !== "false") || this.wasOpen()) this.open();
    }

    /** Ask what the brand looks like, as nobody in particular. */
    async look() {
      const late = setTimeout(() => this.launcher.classList.add("there"), 120);
      if (kept("look")) this.launcher.classList.add("there");
      try {
        const body = JSON.stringify({ language: language() });
        const answer = await fetch(`${mount}/${brand}/ask/FrontDesk`, {
          method: "POST",
          body,
          headers: { "Content-Type": "application/json" },
          credentials: "omit",
        });
        if (answer.ok) this.learn(await answer.json());
      } catch {
        // Offline: it looks as it did the last time.
      }
      clearTimeout(late);
      this.launcher.classList.add("there");
    }

    /** Remember and show a `FrontDesk`. */
    async learn(front) {
      const { paint } = await import(`${files}/shared/colour.js`);
      paint(this, front.look.colour);
      const name = (key) => this.style.getPropertyValue(key);
      const look = {
        colours: Object.fromEntries(["--brand", "--on-brand", "--brand-text"].map((key) => [key, name(key)])),
        position: front.look.position,
        words: front.look.launcher,
      };
      try {
        localStorage.setItem(store("look"), JSON.stringify(look));
      } catch {
        // It is asked for again the next time.
      }
      this.dress(look);
    }

    dress(look = kept("look")) {
      for (const [key, value] of Object.entries(look?.colours ?? {})) this.style.setProperty(key, value);
      this.dataset.position = given.position || look?.position || "right";
      const words = look?.words?.[language()] ?? "";
      this.label.textContent = words;
      this.launcher.classList.toggle("worded", Boolean(words));
      this.name();
    }

    name() {
      const say = (korean, english) => (language() === "ko" ? korean : english);
      const open = this.launcher.getAttribute("aria-expanded") === "true";
      const news = this.unread ? say(`, 읽지 않은 메시지 ${this.unread}개`, `, ${this.unread} unread`) : "";
      const what = open ? say("상담 창 닫기", "Close the chat") : this.label.textContent || say("상담 창 열기", "Open the chat");
      this.launcher.setAttribute("aria-label", what + news);
    }

    /** How many answers have not been looked at. */
    count(unread) {
      if (unread === this.unread) return;
      this.unread = unread;
      this.badge.textContent = unread > 99 ? "99+" : String(unread);
      this.badge.hidden = unread === 0;
      this.name();
      tell("unread", unread);
    }

    /** Fetch the rest, once. */
    prepare() {
      this.app ??= import(`${files}/widget/app.js`)
        .then(({ start }) => start(this, { mount, brand, files, language, given, tell }))
        .catch((error) => {
          this.app = null;
          throw error;
        });
      return this.app;
    }

    get opened() {
      return "opened" in this.dataset;
    }

    /** Whether it was open on the page before, in this tab. Where it covers the page, only a reload opens it again. */
    wasOpen() {
      try {
        const again = performance.getEntriesByType("navigation")[0]?.type === "reload";
        return sessionStorage.getItem(store("open")) !== null && (again || innerWidth >= 480);
      } catch {
        return false;
      }
    }

    remember(open) {
      try {
        sessionStorage[open ? "setItem" : "removeItem"](store("open"), "");
      } catch {
        // It begins closed on the next page.
      }
    }

    async open(view) {
      this.dataset.opened = "";
      this.launcher.setAttribute("aria-expanded", "true");
      this.name();
      try {
        (await this.prepare()).open(view);
        this.remember(true);
        tell("open");
      } catch (error) {
        this.close();
        console.error("cschat: the chat window could not be loaded", error);
      }
    }

    async close() {
      if (!this.opened) return;
      delete this.dataset.opened;
      this.remember(false);
      this.launcher.setAttribute("aria-expanded", "false");
      this.name();
      (await this.app)?.close();
      tell("close");
    }

    toggle() {
      return this.opened ? this.close() : this.open();
    }
  }
  customElements.define("cschat-widget", Widget);
  const widget = document.createElement("cschat-widget");

  /** For hosts and for apps' web views. `on` answers a function that ends it. */
  window.cschat = {
    open: (view) => widget.open(view),
    close: () => widget.close(),
    toggle: () => widget.toggle(),
    identify: async (token) => (await widget.prepare()).identify(token),
    signOut: async () => (await widget.prepare()).signOut(),
    on: (event, listener) => {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event).add(listener);
      return () => listeners.get(event).delete(listener);
    },
    get unread() {
      return widget.unread;
    },
  };

  const place = () => document.body.append(widget);
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place, { once: true });
  window.dispatchEvent(new CustomEvent("cschat:ready"));
})();
