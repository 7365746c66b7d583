/**
 * The numbers: what each is called, which of its readings is shown, whether more is better, and how people read it.
 *
 * May: format. May not: count (the desk does), or draw.
 */

const COUNT = { unit: "number", of: "sum" };
const LENGTH = { unit: "length", of: "p50" };
const RATE = { unit: "rate", of: "mean" };

/** `good`: 1 if more is better, -1 if less is, 0 if it says nothing. `ko`, `en`: the name; `whatKo`, `whatEn`: how it is counted. */
export const METRICS = {
  closings: { ...COUNT, good: 0, ko: "상담 종료", en: "Ended", whatKo: "끝난 상담의 수예요. 다시 열린 상담은 두 번 셀 수 있어요.", whatEn: "How many conversations ended. One that was reopened may count twice." },
  closings_by_agent: { ...COUNT, good: 0, ko: "상담사가 종료", en: "Ended by agents", whatKo: "상담사가 응대한 뒤 끝난 상담의 수예요.", whatEn: "Conversations that ended with an agent." },
  closings_by_bot: { ...COUNT, good: 0, ko: "봇이 종료", en: "Ended by the bot", whatKo: "상담사 없이 봇이 끝낸 상담의 수예요.", whatEn: "Conversations that the bot ended without an agent." },
  bot_resolution_rate: { ...RATE, good: 1, ko: "봇 해결률", en: "Resolved by the bot", whatKo: "상담사 없이 봇이 해결한 비율이에요. 고객이 곧 다시 오면 빠져요.", whatEn: "The share that the bot resolved alone. Taken back if the customer returns soon." },
  handoff_rate: { ...RATE, good: 0, ko: "상담사 연결률", en: "Handed to people", whatKo: "봇 상담에서 상담사에게 연결된 비율이에요.", whatEn: "The share of bot conversations that went on to people." },
  rating: { unit: "percent", of: "mean", good: 1, ko: "만족도", en: "Rating", whatKo: "고객이 남긴 평가의 평균을 100점으로 바꾼 값이에요.", whatEn: "The mean of what customers gave, of 100." },
  queue_time: { ...LENGTH, good: -1, ko: "배정 대기 시간", en: "Time in the queue", whatKo: "상담사를 부른 뒤 배정될 때까지 걸린 시간이에요. 바로 배정되면 0초로 셉니다.", whatEn: "From asking for a person until one is assigned. At once counts as 0." },
  abandonment_rate: { ...RATE, good: -1, ko: "응대 전 이탈률", en: "Left before an answer", whatKo: "대기한 상담 가운데 상담사의 첫 답변 전에 끝난 비율이에요.", whatEn: "Of those who waited, the share that was gone before a person answered." },
  first_response_time: { ...LENGTH, good: -1, ko: "최초 응대 시간", en: "First response", whatKo: "상담이 열린 때부터 상담사의 첫 답변까지예요.", whatEn: "From the opening to a person's first answer." },
  first_response_time_from_handoff: { ...LENGTH, good: -1, ko: "요청 후 최초 응대", en: "Response to a request", whatKo: "상담사를 부른 때부터 첫 답변까지예요.", whatEn: "From asking for a person to their first answer." },
  agent_wait: { ...LENGTH, good: 0, ko: "상담사가 기다린 시간", en: "Agents waited", whatKo: "상담 도중 상담사가 고객의 답을 기다린 시간의 합이에요.", whatEn: "How long agents waited for the customer, summed over a conversation." },
  customer_wait: { ...LENGTH, good: -1, ko: "고객이 기다린 시간", en: "Customers waited", whatKo: "첫 답변 뒤 고객이 다음 답을 기다린 시간의 합이에요.", whatEn: "How long customers waited for answers after the first, summed over a conversation." },
  talk_time: { ...LENGTH, good: 0, ko: "대화 시간", en: "Talk", whatKo: "상담사의 첫 답변부터 마지막 말까지예요.", whatEn: "From a person's first answer to the last word." },
  after_work: { ...LENGTH, good: -1, ko: "상담 후 처리 시간", en: "After-work", whatKo: "상담이 끝난 뒤 후처리를 마칠 때까지예요.", whatEn: "From the end to the finished wrap-up." },
  total_time: { ...LENGTH, good: -1, ko: "총 상담 시간", en: "Total", whatKo: "상담이 열린 때부터 후처리까지 끝난 때까지예요.", whatEn: "From the opening until it is closed." },
  handle_time: { unit: "length", of: "mean", good: 0, ko: "처리 시간", en: "Handling", whatKo: "상담사가 맡고 있던 시간이에요.", whatEn: "How long agents had it." },
  sessions_closed: { ...COUNT, good: 0, ko: "종료된 상담", en: "Conversations ended", whatKo: "끝난 상담의 수예요. 한 상담은 한 번만 셉니다.", whatEn: "How many conversations ended, each once." },
};

export const VOLUME = ["closings", "closings_by_agent", "closings_by_bot", "bot_resolution_rate", "rating"];
export const SQI = ["queue_time", "abandonment_rate", "first_response_time", "agent_wait", "customer_wait", "talk_time", "after_work", "total_time"];

export const nameOf = (metric, language) => METRICS[metric][language];
export const whatOf = (metric, language) => METRICS[metric][language === "ko" ? "whatKo" : "whatEn"];

/** The reading of a figure that is shown; null if there is none. */
export function reading(metric, figure) {
  if (!figure) return null;
  const { of } = METRICS[metric];
  return of === "sum" ? figure.sum : figure[of];
}

/** The functions that write numbers in a language. */
export function writer(language) {
  const locale = language === "ko" ? "ko-KR" : "en-GB";
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const fine = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const [hour, minute, second] = language === "ko" ? ["시간", "분", "초"] : [" h", " min", " s"];

  /** Seconds: "0초", "12.4초", "1분 30초", "2시간 5분". */
  const span = (seconds) => {
    if (seconds < 10 && seconds % 1 >= 0.05) return `${fine.format(seconds)}${second}`;
    const rounded = Math.round(seconds);
    if (rounded < 60) return `${rounded}${second}`;
    if (rounded < 3600) {
      const left = rounded % 60;
      return `${Math.floor(rounded / 60)}${minute}${left && rounded < 1200 ? ` ${left}${second}` : ""}`;
    }
    const minutes = Math.round(seconds / 60);
    const [hours, left] = [Math.floor(minutes / 60), minutes % 60];
    return `${whole.format(hours)}${hour}${left ? ` ${left}${minute}` : ""}`;
  };
  const percent = (share) => `${fine.format(share * 100)}%`;
  const value = (metric, number) => {
    if (number === null || number === undefined) return "–";
    const { unit } = METRICS[metric];
    if (unit === "length") return span(number);
    if (unit === "rate") return percent(number);
    if (unit === "percent") return `${fine.format(number)}`;
    return whole.format(number);
  };
  return { span, percent, value, whole: (number) => whole.format(number), fine: (number) => fine.format(number) };
}

/** How a reading changed: `{direction: -1 | 0 | 1, text, verdict: "better" | "worse" | null}`; null if it cannot be said. */
export function change(metric, now, before, write, t) {
  if (now === null || before === null || now === undefined || before === undefined) return null;
  const { unit, good } = METRICS[metric];
  const points = unit === "rate" ? (now - before) * 100 : unit === "percent" ? now - before : null;
  if (points === null && before === 0) return now === 0 ? { direction: 0, text: t("st_same"), verdict: null } : null;
  const size = points ?? (now / before - 1) * 100;
  const direction = Math.abs(size) < 0.05 ? 0 : Math.sign(size);
  if (direction === 0) return { direction, text: t("st_same"), verdict: null };
  const amount = points === null ? `${write.fine(Math.abs(size))}%` : t("st_ppoint", { n: write.fine(Math.abs(size)) });
  const verdict = good === 0 ? null : direction === good ? "better" : "worse";
  return { direction, text: t(direction > 0 ? "st_up" : "st_down", { change: amount }), amount, verdict };
}
