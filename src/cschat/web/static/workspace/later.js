/**
 * Replies that are sent later, or once a colleague approves: asking for them, and those that wait.
 *
 * May: ask when and who, schedule, send now, approve, cancel. May not: decide whether a reply may be delayed.
 */

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { choosePeople, inZone, wallTime, whenIs } from "./actions.js";
import { reason } from "./talk.js";
import { dialog } from "./surfaces.js";

const MINUTE = 60_000;
const REVIEW_WITHIN = 60;

export function askLater(app, session, content, done) {
  const { t } = app;
  const field = timeField(app);
  const quick = [30, 60, 180].map((minutes) =>
    h("button", { type: "button", class: "button small", on: { click: () => (field.value = wallTime(app.zone, Date.now() + minutes * MINUTE)) } }, t(`later_in_${minutes}`)),
  );
  dialog({
    title: t("later_title"),
    close: t("close"),
    fill: (body, shut) => {
      const submit = h("button", { class: "button primary", type: "submit" }, t("later_button"));
      const form = h(
        "form",
        { class: "dialog-form" },
        h("blockquote", { class: "quoted" }, content.text),
        h("div", { class: "quick" }, quick),
        h("label", { class: "field" }, h("span", {}, t("later_at")), field),
        h("p", { class: "hint" }, t("later_hint")),
        h("div", { class: "dialog-foot" }, submit),
      );
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        submit.disabled = true;
        const at = inZone(app.zone, field.value);
        if (await schedule(app, { session: session.id, content, at: new Date(at).toISOString() })) {
          shut();
          done(t("later_done", { time: whenIs(app, at) }));
        } else submit.disabled = false;
      });
      body.append(form);
    },
  });
}

export function askReview(app, session, content, done) {
  const { t } = app;
  const field = timeField(app, REVIEW_WITHIN);
  const extra = h("div", { class: "field" }, h("label", { for: field.id }, t("later_at")), field, h("small", { class: "hint" }, t("review_hint")));
  choosePeople(app, {
    title: t("review_title"),
    button: t("review_button"),
    except: app.me.id,
    extra,
    then: async (reviewer) => {
      const at = new Date(inZone(app.zone, field.value)).toISOString();
      const asked = await schedule(app, { session: session.id, content, at, reviewer: reviewer.id });
      if (asked) done(t("review_done", { name: reviewer.name }));
      return asked;
    },
  });
}

function timeField(app, minutes = 30) {
  const now = Date.now();
  return h("input", { class: "input", id: "later-at", type: "datetime-local", required: true, min: wallTime(app.zone, now), max: wallTime(app.zone, now + 24 * 60 * MINUTE), value: wallTime(app.zone, now + minutes * MINUTE) });
}

async function schedule(app, fields) {
  try {
    await app.client.do("DelayReply", fields);
    return true;
  } catch (problem) {
    app.failed(problem);
    return false;
  }
}

/** The replies that wait, each with what can be done about it. */
export function scheduledNodes(app, replies, again) {
  const { t } = app;
  const run = async (command, fields) => {
    try {
      await app.client.do(command, fields);
    } catch (problem) {
      app.failed(problem);
    }
    again();
  };
  return replies.map((reply) => {
    const reviews = reply.reviewer === app.me.id && reply.approved === null;
    const held = reply.state === "held";
    const told = held
      ? t("scheduled_held", { reason: reason(t, reply.reason) })
      : reply.reviewer && reply.approved === null
        ? t("scheduled_review", { name: app.desk.agent(reply.reviewer)?.name ?? "…" })
        : t("scheduled_at", { time: whenIs(app, Date.parse(reply.due_at)) });
    const button = (text, command, fields, kind = "") => h("button", { type: "button", class: `button small ${kind}`, on: { click: () => run(command, fields) } }, text);
    return h(
      "div",
      { class: `scheduled-reply${held ? " held" : ""}` },
      icon(held ? "alert" : "clock", 16),
      h("span", { class: "scheduled-text" }, h("strong", {}, told), h("span", {}, reply.content.text)),
      h(
        "span",
        { class: "scheduled-buttons" },
        reviews ? [button(t("approve"), "ReviewDelayedReply", { reply: reply.id, approve: true }, "primary"), button(t("decline"), "ReviewDelayedReply", { reply: reply.id, approve: false })] : button(t("send_now"), "SendDelayedReply", { reply: reply.id }),
        button(t("cancel"), "CancelDelayedReply", { reply: reply.id }, "quiet"),
      ),
    );
  });
}
