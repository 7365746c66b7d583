// What pages say, in Korean and English.
// May: hold texts, fill them in. May not: know pages.
//
// A table is {key: [Korean, English]}. `{name}` is filled in; a Korean particle is chosen by the word before it: "{name}{이/가}".

/** What several pages say. */
export const COMMON = {
  again: ["다시 시도", "Try again"],
  agent: ["상담사", "Agent"],
  attach: ["파일 첨부", "Attach a file"],
  back: ["뒤로", "Back"],
  bot: ["상담 봇", "Assistant"],
  bytes_kb: ["{n}KB", "{n} KB"],
  bytes_mb: ["{n}MB", "{n} MB"],
  cancel: ["취소", "Cancel"],
  choose: ["선택해 주세요", "Please choose"],
  chosen: ["선택함", "chosen"],
  close: ["닫기", "Close"],
  customer: ["고객", "Customer"],
  day_today: ["오늘", "Today"],
  day_yesterday: ["어제", "Yesterday"],
  delete: ["삭제", "Delete"],
  download: ["내려받기", "Download"],
  duration_hours: ["{n}시간", "{n} h"],
  duration_hours_minutes: ["{h}시간 {m}분", "{h} h {m} min"],
  duration_minutes: ["{n}분", "{n} min"],
  duration_seconds: ["{n}초", "{n} s"],
  email: ["이메일", "Email"],
  error: ["문제가 생겼어요", "Something went wrong"],
  error_later: ["잠시 후 다시 시도해 주세요.", "Please try again in a moment."],
  file: ["파일", "File"],
  form: ["양식", "Form"],
  form_optional: ["선택", "optional"],
  form_required: ["{label}{을/를} 입력해 주세요.", "Please fill in: {label}"],
  form_wrong_date: ["날짜를 확인해 주세요. 예: 2026-03-14", "Please check the date, e.g. 2026-03-14."],
  form_wrong_email: ["이메일 주소를 확인해 주세요. 예: name@example.com", "Please check the email address, e.g. name@example.com."],
  form_wrong_number: ["숫자로 입력해 주세요.", "Please enter a number."],
  form_wrong_phone: ["전화번호를 확인해 주세요. 예: 010-1234-5678", "Please check the phone number, e.g. 010-1234-5678."],
  hint_birth_date: ["예: 1990-03-14", "e.g. 1990-03-14"],
  hint_date: ["예: 2026-03-14", "e.g. 2026-03-14"],
  hint_email: ["예: name@example.com", "e.g. name@example.com"],
  hint_phone: ["예: 010-1234-5678", "e.g. 010-1234-5678"],
  image: ["사진", "Picture"],
  just_now: ["방금", "just now"],
  loading: ["불러오는 중", "Loading"],
  minutes_ago: ["{n}분 전", "{n} min ago"],
  new_window: ["새 창에서 열려요", "opens in a new window"],
  next: ["다음", "Next"],
  offline: ["인터넷 연결이 끊겼어요", "You are offline"],
  open_image: ["사진 크게 보기", "Open the picture"],
  previous: ["이전", "Previous"],
  read: ["읽음", "Read"],
  read_article: ["자세히 보기", "Read more"],
  reconnecting: ["다시 연결하고 있어요", "Reconnecting"],
  retry_send: ["다시 보내기", "Send again"],
  search: ["검색", "Search"],
  send: ["보내기", "Send"],
  sending: ["보내는 중", "Sending"],
  sent: ["보냄", "Sent"],
  star_1: ["별로였어요", "Bad"],
  star_2: ["아쉬웠어요", "Not great"],
  star_3: ["보통이에요", "Okay"],
  star_4: ["좋았어요", "Good"],
  star_5: ["아주 좋았어요", "Great"],
  submit: ["보내기", "Send"],
  system: ["안내", "Notice"],
  too_large: ["파일이 너무 커요. {size}까지 보낼 수 있어요.", "This file is too large. The limit is {size}."],
  typing: ["{name}{이/가} 입력하고 있어요", "{name} is typing"],
  unsent: ["보내지 못했어요", "Not sent"],
};

const PARTICLES = { "이/가": ["이", "가"], "을/를": ["을", "를"], "은/는": ["은", "는"], "과/와": ["과", "와"], "으로/로": ["으로", "로"] };

/** Whether a word ends in a consonant as Korean hears it; digits as they are read. */
function closed(word) {
  const last = word.trim().at(-1) ?? "";
  if (last >= "가" && last <= "힣") return (last.charCodeAt(0) - 0xac00) % 28 !== 0;
  return "013678LMNRlmnr".includes(last);
}

function filled(text, values) {
  let last = "";
  return text.replace(/\{([^}]+)\}/g, (whole, name) => {
    if (name in PARTICLES) return PARTICLES[name][closed(last) ? 0 : 1];
    if (!(name in values)) return whole;
    last = String(values[name]);
    return last;
  });
}

/** `t(key, values)` for a language, from these tables; a key that is nowhere is an `Error`, as it is a mistake of ours. */
export function words(language, ...tables) {
  const korean = (language ?? "ko").toLowerCase().startsWith("ko");
  const table = Object.assign({}, COMMON, ...tables);
  const t = (key, values = {}) => {
    const texts = table[key];
    if (!texts) throw new Error(`there is no text ${key}`);
    return filled(texts[korean ? 0 : 1], values);
  };
  t.has = (key) => key in table;
  t.language = korean ? "ko" : "en";
  return t;
}
