/**
 * The bot's flows: which are published, and a place to bring a new one, which is checked line by line before anything happens.
 *
 * May: check, publish, say which scenario begins. May not: run one.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { parsed } from "../../shared/problem.js";
import { Form, part, select } from "./forms.js";
import { badge, listed, row, tool } from "./rows.js";

const CHECK_AFTER = 500;
const BESIDE = ["queued", "assigned", "ended"];
const SAMPLE = `scenario: hello
title: 첫 응대
start: ask
steps:
  ask:
    say: 무엇을 도와드릴까요?
    choose:
      - {label: 배송 조회, goto: delivery}
      - {label: 상담사 연결, goto: person}
  delivery:
    say: 오후 2시 전에 결제하신 주문은 당일 출고돼요.
    next: stop
  stop:
    end: resolved
  person:
    handoff: {}
    closed: leave
    nobody: leave
  leave:
    leave_message: [message]
    say: 문의를 남겨 주시면 확인한 뒤 답변드릴게요.
`;

export async function draw(page) {
  const { app, t, place, signal, query } = page;
  const scenarios = await app.client.ask("Scenarios", {}, { signal });
  const board = app.isAdmin ? workbench(page, scenarios) : null;
  const names = scenarios.map((one) => [one.name, one.title || one.name]);
  fill(
    place,
    listed(page, {
      title: t("scen_published"), none: t("scen_none"),
      rows: scenarios.map((one) =>
        row(page, {
          name: one.title || one.name, more: `${one.name} · ${t("scen_steps", { n: Object.keys(parsed(one.document)?.steps ?? {}).length })} · ${app.time.full(one.published_at)}`, mark: icon("bot"),
          badges: [badge(t("scen_version", { n: one.version })), app.brand.entry.some((rule) => rule.scenario === one.name) ? badge(t("scen_begins"), "green") : null],
          open: board ? () => board.open(one) : null,
          tools: [tool("chart", t("scen_journey", { name: one.title || one.name }), () => app.go(`statistics/journey?scenario=${encodeURIComponent(one.name)}`))],
        }),
      ),
    }),
    scenarios.length ? begins(page, names) : null,
    board?.node,
  );
  if (board && query.get("open")) board.open(scenarios.find((one) => one.name === query.get("open")));
}

/** Which scenario a new conversation begins with, and which begin beside people. */
function begins(page, names) {
  const { app, t } = page;
  const { entry, beside } = app.brand;
  const simple = entry.length <= 1 && entry.every((rule) => Object.entries(rule).every(([key, value]) => key === "scenario" || value === null || value.length === 0));
  const none = ["", t("scen_nothing")];
  const first = simple
    ? select(t, { name: "entry", label: t("scen_entry"), hint: t("scen_entry_hint"), value: entry[0]?.scenario ?? "", choices: [none, ...names] })
    : null;
  const others = BESIDE.map((when) => select(t, { name: `beside.${when}`, label: t(`scen_${when}`), value: beside[when] ?? "", choices: [none, ...names] }));
  const fields = [...(first ? [first] : []), ...others];
  const form = page.guard(
    new Form(page, {
      fields,
      layout: part(t("scen_when"), t("scen_when_note"), first ? first.node : h("p", { class: "hint" }, t("scen_entry_rules", { n: entry.length })), others.map(({ node }) => node)),
      save(values) {
        const chosen = Object.fromEntries(BESIDE.map((when) => [when, values[`beside.${when}`]]).filter(([, name]) => name));
        return app.client.do("ChangeBrand", { beside: chosen, ...(first ? { entry: values.entry ? [{ scenario: values.entry }] : [] } : {}) });
      },
    }),
  );
  return form.node;
}

function workbench(page, scenarios) {
  const { app, t } = page;
  const area = h("textarea", { class: "input code", rows: 18, spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-label": t("scen_source"), wrap: "off", "aria-describedby": "scenario-problems" });
  const numbers = h("pre", { class: "code-numbers", "aria-hidden": "true" });
  const problems = h("div", { class: "scen-problems", id: "scenario-problems", role: "status", "aria-live": "polite" });
  const publish = h("button", { type: "button", class: "button primary", disabled: true, on: { click: () => send() } }, t("scen_publish"));
  const upload = h("input", { type: "file", accept: ".yaml,.yml,.json", hidden: true, on: { change: () => take(upload.files[0]) } });
  let due = null;
  let checked = null;
  let asking = null;

  const count = () => {
    const lines = area.value.split("\n").length;
    numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
    numbers.scrollTop = area.scrollTop;
  };
  const changed = () => {
    count();
    checked = null;
    publish.disabled = true;
    clearTimeout(due);
    if (area.value.trim()) due = setTimeout(check, CHECK_AFTER);
    else fill(problems);
  };
  area.addEventListener("input", changed);
  area.addEventListener("scroll", () => (numbers.scrollTop = area.scrollTop));
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.shiftKey || event.isComposing || area.selectionStart !== area.selectionEnd || !/(^|\n)\s*$/.test(area.value.slice(0, area.selectionStart))) return;
    event.preventDefault();
    area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
    changed();
  });
  for (const name of ["dragover", "drop"]) {
    area.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (name === "drop") take(event.dataTransfer.files[0]);
    });
  }

  async function take(file) {
    if (!file) return;
    area.value = await file.text();
    upload.value = "";
    changed();
  }

  async function check() {
    const source = area.value;
    asking?.abort();
    asking = new AbortController();
    fill(problems, h("p", { class: "hint" }, t("scen_checking")));
    try {
      const found = await app.client.ask("CheckScenario", { source }, { signal: asking.signal });
      if (area.value !== source) return;
      checked = source;
      const errors = found.filter((one) => one.severity === "error");
      publish.disabled = errors.length > 0;
      fill(problems, h("p", { class: `scen-verdict ${errors.length ? "bad" : "good"}` }, icon(errors.length ? "alert" : "check", 18), errors.length ? t("scen_errors", { n: errors.length }) : t(found.length ? "scen_warnings_only" : "scen_good")), found.length ? h("ol", {}, found.map(problem)) : null);
    } catch (error) {
      if (error.name !== "AbortError") fill(problems, h("p", { class: "scen-verdict bad" }, icon("alert", 18), app.explain(error)));
    }
  }

  function problem(one) {
    const go = () => {
      const lines = area.value.split("\n");
      const start = lines.slice(0, one.line - 1).join("\n").length + (one.line > 1 ? 1 : 0);
      area.focus();
      area.setSelectionRange(start, start + (lines[one.line - 1]?.length ?? 0));
      area.scrollTop = Math.max(0, (one.line - 4) * 20);
    };
    return h(
      "li",
      { class: one.severity },
      one.line ? h("button", { type: "button", class: "button small", on: { click: go } }, t("scen_line", { n: one.line })) : null,
      h("div", {}, h("strong", {}, one.step ? `${one.step}: ` : "", one.what), h("small", {}, t(`scen_severity_${one.severity}`), " · ", t.has(`scen_why_${one.kind}`) ? t(`scen_why_${one.kind}`) : one.why), one.conversation.length ? h("ul", { class: "scen-talk" }, one.conversation.map(([who, said]) => h("li", {}, h("b", {}, t.has(`scen_who_${who}`) ? t(`scen_who_${who}`) : who), said))) : null),
    );
  }

  async function send() {
    if (checked !== area.value) return;
    publish.disabled = true;
    try {
      const version = await app.client.do("PublishScenario", { source: parsed(area.value) ?? area.value });
      app.toast(t("scen_done", { name: version.title || version.name, n: version.version }));
      page.again();
    } catch (error) {
      const told = error.body?.problems ?? [error.body?.reason ?? app.explain(error)];
      fill(problems, h("p", { class: "scen-verdict bad" }, icon("alert", 18), t("scen_refused")), h("ol", {}, told.map((text) => h("li", { class: "error" }, h("div", {}, h("strong", {}, text))))));
    }
  }

  count();
  return {
    node: part(
      t("scen_new"),
      t("scen_new_note"),
      h(
        "div",
        { class: "set-adds" },
        upload,
        h("button", { type: "button", class: "button small", on: { click: () => upload.click() } }, icon("clip", 16), t("scen_upload")),
        h("button", { type: "button", class: "button small", on: { click: () => ((area.value = SAMPLE), changed(), area.focus()) } }, t("scen_sample")),
      ),
      h("div", { class: "code-box" }, numbers, area),
      problems,
      h("div", { class: "dialog-foot" }, publish),
    ),
    open(one) {
      if (!one) return;
      area.value = JSON.stringify(parsed(one.document), null, 2);
      changed();
      area.scrollIntoView({ block: "center" });
      area.focus();
    },
  };
}
