/**
 * What customers are told while nobody can come, what happens to their messages, and how they learn of an answer when they have left.
 *
 * May: change these settings of the brand. May not: send anything.
 */

import { fill } from "../../shared/dom.js";
import { Form, choice, number, part, text, toggle } from "./forms.js";

const REASONS = ["closed", "lunch", "holiday", "nobody", "overflow"];

export async function draw(page) {
  const { app, t, place } = page;
  const { brand } = app;
  const absence = choice(t, {
    name: "absence", label: t("absence_what"), value: brand.absence,
    choices: [["intake", t("absence_intake"), t("absence_intake_note")], ["refuse", t("absence_refuse"), t("absence_refuse_note")]],
  });
  const texts = REASONS.map((reason) =>
    text(t, { name: `intake_texts.${reason}`, label: t(`absence_${reason}`), value: brand.intake_texts[reason] ?? "", lines: 2, limit: 1000, optional: true, example: t(`absence_${reason}_example`) }),
  );
  const away = choice(t, {
    name: "away", label: t("absence_away"), value: brand.away,
    choices: [["badge", t("absence_badge"), t("absence_badge_note")], ["mail", t("absence_mail"), t("absence_mail_note")], ["push", t("absence_push"), t("absence_push_note")]],
  });
  const after = number(t, { name: "away_after", label: t("absence_after"), hint: t("absence_after_hint"), value: Math.round((brand.away_after ?? 60_000) / 1000), unit: t("set_seconds"), most: 86_400 });
  const chat = text(t, { name: "chat_url", label: t("absence_chat_url"), hint: t("absence_chat_url_hint"), value: brand.chat_url, optional: true, limit: 2000, mode: "url", example: "https://shop.example/help?chat={session}" });
  const gone = toggle(t, { name: "end_when_gone", label: t("absence_end"), hint: t("absence_end_hint"), value: brand.end_when_gone });
  const fields = [absence, ...texts, away, after, chat, gone];
  const form = page.guard(
    new Form(page, {
      fields,
      layout: [
        part(t("absence_part"), t("absence_part_note"), absence.node),
        part(t("absence_texts"), t("absence_texts_note"), texts.map(({ node }) => node)),
        part(t("absence_left"), t("absence_left_note"), away.node, after.node, chat.node, gone.node),
      ],
      save(values) {
        const kept = Object.entries(brand.intake_texts).filter(([key]) => !REASONS.includes(key));
        const own = REASONS.map((reason) => [reason, values[`intake_texts.${reason}`]]).filter(([, said]) => said);
        return app.client.do("ChangeBrand", {
          absence: values.absence, intake_texts: Object.fromEntries([...kept, ...own]), away: values.away, away_after: values.away_after ?? 60,
          chat_url: values.chat_url, end_when_gone: values.end_when_gone,
        });
      },
    }),
  );
  form.onTouch = (values) => {
    after.node.hidden = values.away === "badge";
    chat.node.hidden = values.away === "badge";
  };
  form.touch();
  fill(place, form.node);
}
