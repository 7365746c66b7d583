// The view of one conversation.
// May: draw a `Talk`, and tell it what the customer does. May not: fold events, or talk to the desk past it.

import { contentNodes, saying } from "../shared/content.js";
import { fill, h, keep, set } from "../shared/dom.js";
import { icon } from "../shared/icon.js";
import { Problem } from "../shared/problem.js";
import { composer } from "./composer.js";
import { avatar, iconButton, menu, rating, skeleton, trouble } from "./parts.js";

const NEAR = 96;
const TOGETHER = 5 * 60_000;
const ATTEND = 10_000;
const LOOK_AT_QUEUE = 15_000;

/** Where a keyboard that nobody asked for would cover half of the window. */
const touch = () => matchMedia("(pointer: coarse)").matches;

/** `app`: the widget. Answers a view: `{element, name, update, focus, leave, read}`. */
export function conversation(app, talk) {
  const { t, client } = app;
  const list = h("ol", { class: "messages" });
  const scroller = h("div", { class: "scroller", role: "log", "aria-label": t("messages"), "aria-live": "off", tabindex: "0" }, list);
  const pill = h(
    "button",
    { type: "button", class: "pill", hidden: true, on: { click: () => bottom(true) } },
    t("new_below"),
    icon("down", 16),
  );
  const banner = h("div", { class: "banner", role: "status", hidden: true });
  const card = h("div", { class: "live-card", "aria-live": "polite" });
  const foot = h("div", { class: "foot" });
  const head = h("header", { class: "head" });
  const drop = h("div", { class: "drop", hidden: true }, icon("clip", 28), t("drop_here"));
  const element = h("section", { class: "view talk" }, head, banner, h("div", { class: "middle" }, scroller, pill), card, foot, drop);
  const write = composer({
    t,
    client,
    draft: () => `draft:${talk.id ?? "new"}`,
    send: (said) => {
      talk.send(said);
      bottom();
    },
    typing: (yes) => attend(yes),
    maxFile: () => app.front?.max_file ?? 10 * 1024 * 1024,
    refused: (problem) => (problem.status === 415 ? problem.message : t("unsent")),
  });
  const before = { foot: null, card: null, head: null, count: 0 };
  let live = false;
  let sticks = true; // at the end, and stays there when more comes

  function drawHead() {
    const agent = talk.speakers.get(talk.session?.agent ?? talk.session?.last_agent);
    const byBot = talk.state === "bot" && talk.bot;
    const name = agent?.name ?? (byBot ? t("bot") : app.front?.name || t("conversation"));
    const status = {
      queued: t("connecting"),
      active: t(agent?.status === "busy" ? "status_busy" : "status_there"),
      bot: byBot ? t("status_bot") : "",
    }[talk.state];
    const told = talk.over ? t("ended") : (status ?? (app.front?.open ? t("open_now") : ""));
    const now = `${t.language}|${name}|${agent?.image}|${agent?.status}|${told}|${byBot}`;
    if (before.head === now || head.querySelector(".menu")) return; // a menu that is open stays; the next look draws what is new
    before.head = now;
    const more = iconButton("more", t("menu"), () => menu(more, t("menu"), items), { "aria-haspopup": "menu", "aria-expanded": "false" });
    fill(
      head,
      iconButton("back", t("back"), () => app.show("home")),
      avatar(talk.over ? { ...agent, status: null } : agent, { bot: byBot }),
      h(
        "div",
        { class: "head-words" },
        h("h2", { class: "head-name", id: "cschat-title", tabindex: "-1" }, name),
        told ? h("p", { class: "head-status" }, told) : null,
      ),
      more,
      iconButton("close", t("close"), () => app.host.close()),
    );
  }

  function items() {
    const sound = app.sound ? ["mute", t("sound_off"), () => app.setSound(false)] : ["sound", t("sound_on"), () => app.setSound(true)];
    const other = ["globe", t("language_other"), () => app.speak(t.language === "ko" ? "en" : "ko")];
    const list = [sound, other];
    if (talk.state === "bot" || talk.state === "intake") list.unshift(["user", t("person"), person]);
    if (talk.messages.length) list.push(["download", t("save_text"), save]);
    if (talk.session && !talk.over) list.push(["end", t("end"), sure, { danger: true }]);
    return list;
  }

  const person = () => attempt(() => talk.act("RequestAgent"));

  function sure() {
    const no = h("button", { type: "button", class: "button", on: { click: () => close() } }, t("cancel"));
    const yes = h(
      "button",
      {
        type: "button",
        class: "button danger",
        on: { click: () => (close(), attempt(() => talk.act("EndSession", { reason: "customer" }))) },
      },
      t("end_yes"),
    );
    const box = h(
      "div",
      { class: "sure", role: "alertdialog", "aria-label": t("end_sure") },
      h("p", {}, t("end_sure")),
      h("div", { class: "row" }, no, yes),
    );
    const close = () => (box.remove(), app.focus());
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    });
    element.append(box);
    no.focus();
  }

  function save() {
    const lines = talk.messages.map(({ at, author, agent, content }) => {
      const who = author === "customer" ? t("customer") : author === "bot" ? t("bot") : (talk.speakers.get(agent)?.name ?? t("system"));
      const said = [
        content.text,
        content.media?.name,
        ...content.fields.filter((field) => field.answer).map((field) => `${field.label}: ${field.answer}`),
      ];
      return `[${app.times.full(at)}] ${who}\n${said.filter(Boolean).join("\n")}\n`;
    });
    const url = URL.createObjectURL(new Blob([lines.join("\n")], { type: "text/plain;charset=utf-8" }));
    h("a", { href: url, download: `${app.front?.name || "chat"}-${app.times.dateShort(talk.messages[0].at)}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  /** Do something that may be refused; say so where it happened. */
  async function attempt(act) {
    try {
      await act();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      app.toast(problem.status === 0 ? t("offline") : `${t("error")}. ${t("error_later")}`);
      await talk.load();
    }
  }

  function rows() {
    const found = [];
    let day = null;
    let last = null;
    const { active, answers, labels } = questions();
    const read = talk.messages.findLast((message) => message.author === "customer" && message.seq <= talk.readByStaff)?.key;
    const latest = talk.items.findLast((item) => item.author === "customer")?.key;
    for (const item of talk.items) {
      const key = app.times.dayKey(item.at);
      if (key !== day) {
        found.push({ key: `day-${key}`, kind: "day", at: item.at });
        [day, last] = [key, null];
      }
      if (item.text) {
        found.push({ ...item, kind: "line" });
        last = null;
        continue;
      }
      const voice = `${item.author}:${item.agent ?? ""}`;
      const joins = last !== null && last.voice === voice && Date.parse(item.at) - Date.parse(last.item.at) < TOGETHER;
      const row = {
        key: item.key,
        kind: item.author === "system" ? "notice" : "message",
        item,
        voice,
        first: !joins,
        last: true,
        active: active.has(item.key),
        answer: answers.get(item.key) ?? null,
      };
      row.label = labels.get(item.key) ?? null;
      row.mark = item.state ?? (item.key === latest && item.key !== read ? "sent" : item.key === read ? "read" : null);
      if (joins) last.last = false;
      found.push(row);
      last = row;
    }
    for (const who of talk.attending)
      if (who.who === "agent" && who.typing) found.push({ key: `typing-${who.agent}`, kind: "typing", who });
    return found;
  }

  /** Which messages' buttons and forms may be used, what was said in answer to the others, and what a pressed button is called. */
  function questions() {
    const [active, answers, labels] = [new Set(), new Map(), new Map()];
    let asked = [];
    for (const item of talk.items) {
      if (item.text !== undefined) continue;
      if (item.author !== "customer") {
        asked.push(item);
        continue;
      }
      for (const each of asked) {
        answers.set(each.key, item.content.kind === "text" ? item.content.text : "");
        const pressed = each.content.choices
          .concat(each.content.cards.flatMap((one) => one.choices))
          .find((choice) => saying(choice) === item.content.text);
        if (pressed) labels.set(item.key, pressed.label);
      }
      if (asked.length) asked = [];
    }
    if (!talk.over || talk.items.at(-1)?.author === "bot") asked.forEach((item) => active.add(item.key));
    return { active, answers, labels };
  }

  function draw(row, old) {
    if (row.kind === "message" || row.kind === "notice") return message(row, old);
    if (old && row.kind !== "line") return old;
    if (row.kind === "day") return h("li", { class: "day" }, h("time", { datetime: row.at }, app.times.day(row.at)));
    if (row.kind === "typing") {
      const face = talk.speakers.get(row.who.agent);
      const words = t("typing", { name: row.who.name });
      return h(
        "li",
        { class: "message theirs first last" },
        avatar({ ...face, status: null }, { size: "small" }),
        h("div", { class: "said" }, h("div", { class: "bubble dots", role: "img", "aria-label": words }, h("i"), h("i"), h("i"))),
      );
    }
    const name = talk.speakers.get(row.body.agent)?.name ?? "";
    const words = t(row.text, { ...row.body, name }).trim();
    if (old?.words === words) return old;
    return Object.assign(h("li", { class: "line" }, h("span", { title: app.times.clock(row.at) }, words)), { words });
  }

  function message(row, old) {
    const { item } = row;
    const own = item.author === "customer";
    const face = talk.speakers.get(item.agent) ?? null;
    const theirs = row.kind === "message" && !own;
    const sign = JSON.stringify([row.active, row.answer, row.label]);
    let node = old;
    if (!node || node.sign !== sign) {
      const parts = { side: h("div", { class: "side" }), name: h("div", { class: "who" }), foot: h("div", { class: "under" }) };
      const said = h("div", { class: "said" }, theirs && parts.name, blocks(row), parts.foot);
      node = Object.assign(h("li", {}, theirs && parts.side, said), { sign, parts });
    }
    const who = item.author === "bot" ? t("bot") : (face?.name ?? t("agent"));
    const looks = `${who} ${face?.image}`;
    if (theirs && node.looks !== looks) {
      node.looks = looks; // what can be pressed stays as it is when it is known who said it
      fill(node.parts.name, who);
      fill(node.parts.side, avatar(face && { ...face, status: null }, { bot: item.author === "bot", size: "small" }));
    }
    node.className = `${row.kind} ${own ? "own" : "theirs"}${row.first ? " first" : ""}${row.last ? " last" : ""}${row.mark === "failed" ? " failed" : ""}`;
    const foot = `${row.last}|${row.mark}|${item.at}`;
    if (node.foot !== foot) {
      node.foot = foot;
      fill(node.parts.foot, ...under(row, item));
    }
    return node;
  }

  function blocks(row) {
    const { item } = row;
    const content = row.label === null ? item.content : { ...item.content, text: row.label };
    return contentNodes(content, {
      t,
      address: (media) => client.address(media),
      chosen: row.answer,
      choose: row.active ? (choice) => (talk.send(saying(choice)), bottom(), touch() || write.focus()) : null,
      submit: row.active ? async (fields) => talk.send({ kind: "form", fields }) : null,
      article: (id) => app.article(id),
      read: (id) => app.show("article", { id, back: ["talk", talk] }),
    });
  }

  function under(row, item) {
    const time = h("time", { datetime: item.at, title: app.times.full(item.at) }, app.times.clock(item.at));
    if (row.mark === "failed") {
      const again = h(
        "button",
        { type: "button", class: "again", on: { click: () => talk.again(item.key) } },
        icon("refresh", 14),
        t("retry_send"),
      );
      const away = h("button", { type: "button", class: "again quiet", on: { click: () => talk.forget(item.key) } }, t("delete"));
      return [h("span", { class: "not-sent", role: "alert" }, icon("alert", 14), t("unsent")), again, away];
    }
    const mark = { read: t("read"), sent: t("sent"), sending: t("sending"), waiting: t("waiting") }[row.mark];
    return [mark ? h("span", { class: `mark ${row.mark}` }, mark) : null, row.last ? time : h("span", { class: "for-readers" }, time)];
  }

  const nearBottom = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;

  function bottom(smooth = false) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    sticks = true;
    requestAnimationFrame(() => scroller.scrollTo({ top: scroller.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" }));
    pill.hidden = true;
  }

  function drawBanner() {
    const words = {
      offline: [t("offline"), talk.unsent ? t("offline_unsent", { n: talk.unsent }) : t("offline_more")],
      connecting: [t("reconnecting"), ""],
    }[app.line];
    const now = words?.join("|") ?? "";
    if (banner.words === now) return;
    banner.words = now;
    banner.hidden = !words;
    if (words) fill(banner, icon(app.line === "offline" ? "alert" : "refresh", 16), h("strong", {}, words[0]), words[1]);
  }

  function drawCard() {
    const queue = talk.state === "queued" ? (talk.queue ?? { position: 1, expected_wait: null }) : null;
    const notice =
      !queue && (talk.state === "new" || (talk.state === "bot" && !talk.bot && !talk.spoke)) && app.front && !app.front.open
        ? app.front.words
        : "";
    const now = `${t.language}|${queue ? `${queue.position}|${Math.ceil((queue.expected_wait ?? 0) / 60)}` : notice}|${talk.spoke}`;
    if (before.card === now) return;
    before.card = now;
    if (notice) return fill(card, h("div", { class: "notice-card" }, icon("clock", 18), h("p", {}, notice)));
    if (!queue) return fill(card);
    const ahead = queue.position - 1;
    const place = ahead <= 0 ? t("queue_next") : ahead === 1 ? t("queue_place_one") : t("queue_place", { n: ahead });
    const wait = queue.expected_wait
      ? t("queue_wait", { span: app.times.span(Math.max(60, Math.ceil(queue.expected_wait / 60) * 60)) })
      : "";
    const instead = talk.spoke
      ? h("button", { type: "button", class: "text-button", on: { click: () => attempt(() => talk.act("LeaveMessage")) } }, t("leave_now"))
      : null;
    const cancel = h(
      "button",
      { type: "button", class: "text-button", on: { click: () => attempt(() => talk.act("ReturnToBot")) } },
      t("cancel_wait"),
    );
    fill(
      card,
      h(
        "div",
        { class: "queue-card" },
        h("span", { class: "pulse", "aria-hidden": "true" }),
        h(
          "div",
          {},
          h("p", { class: "queue-title" }, t("queue_title")),
          h("p", { class: "queue-place" }, [place, wait].filter(Boolean).join(" · ")),
        ),
        h("div", { class: "queue-acts" }, instead, cancel),
      ),
    );
  }

  function drawFoot() {
    const asksItself = talk.messages.some((message) => message.author === "bot" && message.seq > (talk.endedAt ?? Infinity));
    const rate = talk.over && talk.session.last_agent && !talk.rated && talk.session.rating === null && !asksItself;
    const way = talk.state === "bot" && talk.bot;
    const now = `${t.language}|${talk.failed}|${talk.over}|${rate}|${way}|${Boolean(talk.rated)}`;
    if (before.foot === now) return;
    before.foot = now;
    if (talk.failed) return fill(foot);
    if (!talk.over) {
      const wayOut = way ? h("button", { type: "button", class: "way-out", on: { click: person } }, icon("user", 16), t("person")) : null;
      const held = write.element.contains(write.element.getRootNode().activeElement);
      fill(foot, wayOut, write.element);
      if (held) write.focus();
      return;
    }
    const again = h(
      "button",
      { type: "button", class: "button", on: { click: () => attempt(() => talk.act("ReopenSession")) } },
      t("reopen"),
    );
    const anew = h(
      "button",
      { type: "button", class: rate ? "button" : "button primary", on: { click: () => app.begin() } },
      t("new_talk"),
    );
    const rated = talk.rated ? h("p", { class: "thanks", role: "status" }, icon("check", 18), t("rate_thanks")) : null;
    fill(
      foot,
      h(
        "div",
        { class: "over" },
        rate ? rating(t, (score, comment) => talk.act("RateSession", { score, scale: 5, comment })) : rated,
        h("div", { class: "row" }, again, anew),
      ),
    );
  }

  function empty() {
    const faces = (app.front?.agents ?? []).slice(0, 3);
    const words = app.front && !app.front.open ? [t("leave"), t("leave_more")] : [t("empty_talk"), t("empty_talk_more")];
    return h(
      "li",
      { class: "empty" },
      faces.length
        ? h(
            "div",
            { class: "faces" },
            faces.map((face) => avatar(app.front.open ? face : { ...face, status: null })),
          )
        : avatar(null),
      h("p", { class: "empty-title" }, words[0]),
      h("p", {}, words[1]),
    );
  }

  function update() {
    drawHead();
    drawBanner();
    drawCard();
    drawFoot();
    write.ask(t(app.front && !app.front.open && ["new", "bot"].includes(talk.state) && !talk.bot ? "write_leave" : "write"));
    if (talk.failed)
      return fill(
        list,
        h(
          "li",
          {},
          trouble(t, () => talk.load()),
        ),
      );
    if (!talk.loaded) return fill(list, h("li", {}, skeleton(5, t("loading"))));
    const all = rows();
    if (all.length && !list.kept) fill(list);
    if (all.length) keep(list, all, (row) => row.key, draw);
    else if (!list.firstChild || !list.querySelector(".empty")) fill(list, empty());
    const count = talk.messages.length;
    if (sticks) bottom();
    else if (count > before.count && talk.messages.at(-1)?.author !== "customer") pill.hidden = false;
    before.count = count;
    if (!live) {
      live = true;
      setTimeout(() => set(scroller, { "aria-live": "polite" }), 500);
    }
  }

  let types = false;
  function attend(yes = types, gone = false) {
    const told = gone || yes !== types || app.looking(talk);
    types = yes;
    if (!talk.session || talk.over || !told || (document.hidden && !gone)) return;
    client.do("Attend", { session: talk.id, typing: types, gone }, { tries: 0 }).catch(() => undefined); // the next one comes in ten seconds
  }
  const gone = () => attend(false, true);
  const attending = setInterval(attend, ATTEND);
  const queueing = setInterval(() => talk.state === "queued" && app.looking(talk) && talk.refresh(), LOOK_AT_QUEUE);

  scroller.addEventListener(
    "scroll",
    () => {
      sticks = nearBottom();
      if (sticks) pill.hidden = true;
    },
    { passive: true },
  );
  const sizes = new ResizeObserver(() => sticks && bottom());
  [scroller, list].forEach((each) => sizes.observe(each));
  const carries = (event) => event.dataTransfer?.types.includes("Files") && !talk.over;
  element.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    drop.hidden = false;
  });
  element.addEventListener("dragleave", (event) => !element.contains(event.relatedTarget) && (drop.hidden = true));
  element.addEventListener("drop", (event) => {
    drop.hidden = true;
    if (!carries(event)) return;
    event.preventDefault();
    write.take(event.dataTransfer.files);
  });

  return {
    element,
    name: "talk",
    talk,
    update,
    focus: () => (talk.over || touch() ? head.querySelector("h2")?.focus() : write.focus()),
    shown: () => {
      bottom();
      attend(false);
    },
    leave: () => {
      write.leave();
      clearInterval(attending);
      clearInterval(queueing);
      gone();
    },
    gone,
  };
}
