"""Conversation files of Botium: read, played, collected by pytest; what they cannot do here is told and never passes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.scenarios.refund import REFUND

from cschat.errors import Invalid
from cschat.testing.botium import read_botium
from cschat.testing.conversations import play, read_conversations

GOOD = """반품이 아니라 환불

#bot
안녕하세요
BUTTONS 환불|배송 조회

#me
BUTTON 환불

#bot
주문번호 10자리

#me
12

#bot
다시 한번 확인해 주세요.

#bot
!접수했습니다
"""
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "howto" / "import-bots.md").read_text(encoding="utf-8")


@pytest.fixture
def folder_of(tmp_path):
    def write(text, name="refund.convo.txt", **files):
        (tmp_path / "refund.yaml").write_text(REFUND, encoding="utf-8")
        for stem, content in files.items():
            (tmp_path / f"{stem}.txt".replace("__", ".")).write_text(content, encoding="utf-8")
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def played(path):
    return [play(one) for one in read_conversations(path)]


def failure(path):
    with pytest.raises(AssertionError) as caught:
        played(path)
    return str(caught.value)


def test_a_conversation_is_read_and_holds(folder_of):
    path = folder_of(GOOD)
    (one,) = read_conversations(path)
    assert (one.name, one.scenario) == ("반품이 아니라 환불", path.with_name("refund.yaml"))
    assert [what for what, _ in one.lines] == ["bot", "buttons", "picks", "bot", "customer", "bot", "bot_not"]
    (chat,) = played(path)
    assert chat.play.said[0].startswith("다시 한번 확인해 주세요.")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("안녕하세요", "반갑습니다", "expected '반갑습니다'"),
        ("BUTTONS 환불|배송 조회", "BUTTONS 교환", "there is no button '교환'"),
        ("BUTTONS 환불|배송 조회", "!BUTTONS 환불", "there are buttons 환불"),
        ("BUTTON 환불", "BUTTON 교환", "there is no button '교환'"),
        ("BUTTONS 환불|배송 조회", "INTENT refund", "INTENT refund cannot be played here"),
        ("BUTTONS 환불|배송 조회", "BOT_CONSUMED", "BOT_CONSUMED cannot be played here"),
        ("BUTTON 환불", "MEDIA a.png", "MEDIA a.png cannot be played here"),
        ("BUTTON 환불", "INCLUDE nothing", "no file *.pconvo.txt"),
        ("BUTTON 환불", '{"text": "환불"}', "a message in JSON cannot be played here"),
        ("BUTTON 환불", "$nothing", "$nothing is not known"),
        ("BUTTON 환불", "$now", "$now cannot be worked out"),
        ("!접수했습니다", "!다시 한번", "expected not to hear '다시 한번'"),
    ],
)
def test_what_does_not_hold_is_told(folder_of, old, new, told):
    assert old in GOOD
    assert told in failure(folder_of(GOOD.replace(old, new)))


def test_the_conversation_of_the_page_holds(folder_of):
    played(folder_of(re.search(r"```text\n(wrong number.*?)```", PAGE, re.DOTALL)[1]))


def test_a_bot_that_is_silent_says_nothing(folder_of):
    path = folder_of("x\n\n#me\n상담사 연결\n\n#bot\n")
    assert "it said nothing" in failure(path)


def test_what_is_optional_may_be_missing_and_pauses_are_not_waited_for(folder_of):
    played(folder_of("x\n\n#bot\n?좋은 아침입니다\n\n#bot\n안녕하세요\nPAUSE 60000\n\n#me\n환불이요\nWAITFORBOT\n\n#bot\n주문번호\n"))


def test_texts_of_the_bot_are_looked_for_in_their_order(folder_of):
    assert "after that" in failure(folder_of("x\n\n#bot\n도와드릴까요\n\n#bot\n안녕하세요\n"))


def test_an_utterance_makes_a_conversation_for_each_of_its_texts(folder_of):
    said = {"refund__utterances": "UTT_REFUND\n환불\n환불이요\n환뷸\n", "hi__utterances": "HELLO\n반가워요\n안녕하세요\n"}
    path = folder_of("x\n\n#bot\nHELLO\n\n#me\nUTT_REFUND\n\n#bot\n주문번호\n", **said)
    assert [one.name for one in read_conversations(path)] == ["x [1]", "x [2]", "x [3]"]
    assert len(played(path)) == 3


def test_an_utterance_that_the_bot_does_not_say_is_told(folder_of):
    path = folder_of("x\n\n#bot\nHELLO\n", hi__utterances="HELLO\n반가워요\n좋은 아침\n")
    assert "none of 2 texts is said" in failure(path)


def test_a_partial_conversation_is_included(folder_of):
    played(folder_of("x\n\n#me\nINCLUDE begin\n\n#bot\n주문번호\n", begin__pconvo="begin\n\n#me\n환불\n"))
    with pytest.raises(Invalid, match="includes itself"):
        read_conversations(folder_of("x\n\n#me\nINCLUDE a\n", a__pconvo="a\n\n#me\nINCLUDE a\n"))


def test_what_the_bot_says_is_remembered(folder_of):
    begin = "x\n\n#begin\nSET_SCRIPTING_MEMORY want|환불\n\n#bot\n$hello, 무엇을\n\n#me\n$want\n\n"
    text = f"{begin}#bot\n주문번호 $digits자리\n\n#me\n$digits\n\n#bot\n주문번호 $digits자리\n"
    (chat,) = played(folder_of(text))
    assert chat.remembered == {"want": "환불", "hello": "안녕하세요", "digits": "10"}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("#me\n# one\n\n#bot\n## two\n", [("customer", "# one"), ("bot", ["## two"])]),
        ("name\r\n#me\r\na\r\n\r\nb\r#bot\nc", [("customer", "a\n\nb"), ("bot", ["c"])]),
        ("#me\n\n#bot\n!!a", [("bot", ["!a"])]),
        ("#bot\nBUTTONS A\\|1|B", [("buttons", ["A|1", "B"])]),
        ("#bot\nOK\n\n#me\nHELLO", [("bot", ["OK"]), ("customer", "HELLO")]),
        ("#bot\na\n\n#bot\nb", [("bot", ["a", "b"])]),
    ],
)
def test_the_shape_of_a_file(folder_of, text, lines):
    assert [list(one.lines) for one in read_conversations(folder_of(text))] == [lines]


@pytest.mark.parametrize("text", ["", "only a name\n", "x\n#billy\nHello\n#bot\nHello\n"])
def test_what_is_no_conversation_is_refused(folder_of, text):
    with pytest.raises(Invalid):
        read_conversations(folder_of(text))


def test_the_scenario_is_the_file_of_the_same_name(folder_of, tmp_path):
    path = folder_of(GOOD, "refund.wrong number.convo.txt")
    assert read_conversations(path)[0].scenario == tmp_path / "refund.yaml"
    path = folder_of(GOOD, "other.convo.txt")
    with pytest.raises(Invalid, match=r"other\.yaml beside it"):
        read_conversations(path)
    assert read_conversations(path, tmp_path / "refund.yaml")[0].scenario == tmp_path / "refund.yaml"


def test_our_own_file_may_say_how_it_is_played(folder_of):
    path = folder_of("x\n\n#me\n상담사 연결\n\n#bot\n이름을\n")
    assert "expected '이름을'" in failure(path)  # when it is open, a person comes
    ours = path.with_name("night.conversations.yaml")
    ours.write_text("scenario: refund.yaml\nconversations: [{botium: refund.convo.txt, opened: false}]\n", encoding="utf-8")
    assert len(played(ours)) == 1


def run(path, *words):
    return subprocess.run([sys.executable, *words], cwd=path.parent, capture_output=True, text=True, encoding="utf-8")


def test_the_command_line_plays_them(folder_of):
    path = folder_of(GOOD, "other.convo.txt")
    command = ("-c", "from cschat.cli import main; main()", "bot", "test", "other.convo.txt")
    done = run(path, *command)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "--scenario FILE" in done.stderr
    done = run(path, *command, "--scenario", "refund.yaml")
    assert (done.returncode, done.stdout) == (0, "other.convo.txt: 반품이 아니라 환불: holds\n")


def test_pytest_collects_them(folder_of):
    path = folder_of(GOOD.replace("안녕하세요", "반갑습니다"))
    path.with_name("conftest.py").write_text('pytest_plugins = ["cschat.testing.plugin"]\n', encoding="utf-8")
    done = run(path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    assert "1 failed" in done.stdout
    assert "expected '반갑습니다'" in done.stdout


def test_the_files_of_others_are_read(folder, tmp_path):
    files = sorted(folder("bot-flows/botium-convos").glob("*convo.txt"))
    refused = []
    for file in files:
        try:
            assert read_botium(file, tmp_path / "x.yaml", {})
        except Invalid:
            refused.append(file.name.rpartition("__")[2])
    assert len(files) == 124
    assert refused == ["convos_invalidsender.convo.txt", "invalidsender.convo.txt"]  # both are made to be refused
