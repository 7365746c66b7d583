"""Made-up sessions, and incidents among them whose cause is known."""

from __future__ import annotations

from random import Random

import attrs

from cschat.stats.causes import Case, Mark, text_marks

TOPICS = {
    "배송/지연": (5, ["배송이 너무 늦어요", "택배가 아직 안 왔어요 언제 오나요", "주문한 지 일주일인데 배송 언제 되나요"]),
    "배송/조회": (8, ["배송 조회하고 싶어요", "지금 어디쯤 왔는지 알 수 있을까요", "송장번호가 안 나와요"]),
    "결제/카드": (4, ["카드 결제가 안 됩니다", "결제했는데 오류가 떠요", "카드를 바꾸고 싶어요"]),
    "결제/환불": (6, ["환불은 언제 되나요", "취소했는데 돈이 안 들어왔어요", "환불 신청하고 싶습니다"]),
    "회원/로그인": (3, ["로그인이 안 돼요", "비밀번호를 잊어버렸어요", "인증번호가 안 와요"]),
    "상품/재고": (4, ["재입고 언제 되나요", "사이즈가 있나요", "이 상품 아직 파나요"]),
    "쿠폰": (2, ["쿠폰이 적용이 안 돼요", "할인 코드는 어디에 넣나요"]),
}
PLEASANTRIES = [
    "안녕하세요",
    "문의드립니다",
    "확인 부탁드려요",
    "빨리 답변 주세요",
    "감사합니다",
    "수고하세요",
    "급해요",
    "hello",
    "저기요",
]
TAGS = {"VIP": 0.1, "재문의": 0.2, "불만": 0.1, "모바일": 0.4, "신규": 0.15}
CHANNELS = {"web": 5, "app": 4, "kakao": 3, "naver": 1}
STEPS = {"안내/처음": 9, "안내/배송": 4, "안내/결제": 3, "안내/상담사": 5, "환불/사유": 2, "환불/계좌": 1}
PRODUCTS = ["무선청소기", "에어프라이어", "Galaxy", "겨울패딩", "정수기", "알파세트"]
COMPLAINTS = ["이상해요", "왜 이래요", "고장인가요", "문제 있나요", "어떻게 하죠", "확인 좀요"]
ENDINGS = ["이", "는", "를", "도", "에서", "", "만"]


def _one(chance: Random, weighed: dict[str, int]) -> str:
    return chance.choices(list(weighed), weights=list(weighed.values()))[0]


def session(chance: Random, name: str, cause: Mark | None = None) -> Case:
    """One session; with a cause it has that, and is like others else."""
    kind, value = cause or ("", "")
    topic = value if kind == "category" else _one(chance, {path: weight for path, (weight, _) in TOPICS.items()})
    said = TOPICS[topic][1] if topic in TOPICS else ["이거 왜 이래요", "갑자기 안 돼요", "문제가 있어요"]
    text = f"{chance.choice(PLEASANTRIES)} {chance.choice(said)} 주문 {chance.randrange(10**8)}"
    if chance.random() < 0.2:
        text += f" {chance.choice(PRODUCTS)}{chance.choice(ENDINGS)} 샀어요"
    if kind == "word":
        text += f" {value}{chance.choice(ENDINGS)} {chance.choice(COMPLAINTS)}"
    marks = text_marks(text)
    names = topic.split("/")
    marks |= {("category", "/".join(names[: depth + 1])) for depth in range(len(names))}
    marks |= {("tag", tag) for tag, share in TAGS.items() if chance.random() < share}
    marks |= {("channel", value if kind == "channel" else _one(chance, CHANNELS))}
    marks |= {("step", _one(chance, STEPS)) for _ in range(chance.randrange(1, 4))}
    marks |= {cause} if cause else set()
    return Case(name, frozenset(marks))


@attrs.frozen
class Incident:
    """A surge of sessions, the usual ones, and what its cause was."""

    cause: Mark
    surge: list[Case]
    usual: list[Case]


def incident(seed: int) -> Incident:
    """Sessions as many as usual, and half to four times as many more that have the cause; some causes are new, some known before."""
    chance = Random(seed)
    kind = ("category", "tag", "channel", "word", "step")[seed % 5]
    value = {
        "category": [*TOPICS, "앱 오류", "사이트/접속"],
        "tag": [*TAGS, "접속장애", "오배송"],
        "channel": [*CHANNELS, "email"],
        "word": [*PRODUCTS, "업데이트", "outage", "흰화면"],
        "step": [*STEPS, "이벤트/응모", "본인확인/인증"],
    }[kind]
    cause = (kind, chance.choice(value))
    normal = chance.randrange(8, 40)
    more = max(8, round(normal * chance.uniform(0.7, 4)))
    surge = [session(chance, f"ses_n{at}") for at in range(normal)] + [session(chance, f"ses_x{at}", cause) for at in range(more)]
    usual = [session(chance, f"ses_u{at}") for at in range(chance.randrange(120, 300))]
    return Incident(cause, surge, usual)
