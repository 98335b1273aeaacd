"""The default estimate against o200k_base, script by script."""

# ruff: noqa: E501 - a sentence of each script stays one line
from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.counting.counters import estimate_tokens, token_counter
from tracker.domain.counting.tokenizers.encodings import load_encoding
from tracker.domain.counting.tokenizers.scripts import tokens_by_script

TEXTS = {
    "Chinese": "请在周五之前把第三章的草稿发给编辑，并在邮件里说明哪些段落还需要核对数据来源。",
    "traditional": "請在週五之前把第三章的草稿寄給編輯，並在郵件裡說明哪些段落還需要核對資料。",
    "Japanese": "金曜日までに第三章の草稿を編集者に送り、どの段落の出典を確認すべきか書いてください。",
    "Korean": "금요일까지 제3장의 초안을 편집자에게 보내고 어떤 단락의 출처를 확인해야 하는지 적어 주세요.",
    "Russian": "Пришлите редактору черновик третьей главы до пятницы и отметьте спорные абзацы.",
    "Greek": "Στείλτε στον επιμελητή το προσχέδιο του τρίτου κεφαλαίου έως την Παρασκευή.",
    "Hebrew": "שלחו לעורכת את הטיוטה של הפרק השלישי עד יום שישי וציינו אילו פסקאות חסרות.",
    "Hindi": "शुक्रवार तक तीसरे अध्याय का मसौदा संपादक को भेजें और बताएँ कि क्या बाकी है।",
    "Thai": "กรุณาส่งร่างบทที่สามให้บรรณาธิการภายในวันศุกร์ และระบุย่อหน้าที่ต้องตรวจสอบ",
    "emoji": "🎨🚲🌧️🍞🎻🧭🪴🐢👩🏽‍🚀🏳️‍🌈🇫🇷🙈💡📚",
    "Python": "def total(rows):\n    return sum(r.price * r.count for r in rows if r.count)\n"
    * 5,
    "JSON": json.dumps(
        [{"number": n, "customer": f"house-{n}", "paid": True} for n in range(50)]
    ),
    "log": "".join(
        f"2026-11-28T10:{n:02d}:07.{n * 37:03d}Z INFO w-{n} GET /items/{n * 991} 200\n"
        for n in range(25)
    ),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_the_estimate_is_within_a_third_of_the_tokenizer(kind: str) -> None:
    truth = len(load_encoding("o200k_base").encode_ordinary(TEXTS[kind]))

    assert truth * 2 / 3 <= tokens_by_script(TEXTS[kind]) <= truth * 4 / 3


@given(st.text(alphabet=st.characters(max_codepoint=127, exclude_categories=["Nd"])))
def test_ascii_without_digits_is_the_plain_rule(text: str) -> None:
    assert tokens_by_script(text) == estimate_tokens(text)


@given(st.text(alphabet=st.sampled_from("a7\u0667é中\U0001f3a8\ud800\u200d\n")))
def test_each_character_weighs_what_it_weighs_in_another_place(text: str) -> None:
    apart = {each: tokens_by_script(each * 140) for each in text}

    assert tokens_by_script(text) == -(-sum(map(apart.__getitem__, text)) // 140)


@given(st.text(), st.text())
def test_a_longer_text_never_weighs_less(text: str, more: str) -> None:
    assert tokens_by_script(text) <= tokens_by_script(text + more)
    assert tokens_by_script(text + more) <= (
        tokens_by_script(text) + tokens_by_script(more)
    )


def test_the_method_is_named() -> None:
    counter = token_counter("by_script", "gpt-5")

    assert counter.count("请检查配置") == 4
    assert (counter.name, counter.source) == ("characters by script", "estimated")
