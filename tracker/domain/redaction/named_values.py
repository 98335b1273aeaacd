"""Secrets that are known by their name: `password=…`, `"token": "…"`, a field `pwd`.

A name alone would mark code and prose: `password=self.password`, "credentials:
include". So the value must not look like code, a path, a placeholder or a word of
configuration, and behind the weak names (`token`, `key`) it must look like a secret.
"""

from __future__ import annotations

import re

# The value after one of these names is a secret, whatever its shape.
_STRONG = (
    r"api_?key|secret(?:_?key)?|password|passwd|passwort|pass_?phrase|passcode|pwd"
    r"|credentials?|(?:access|private|account|signing|encryption|master|shared)_?key"
    r"|psk|(?:db|database|mysql|postgres|pg|redis|mongo|smtp|mail|ftp|ssh|admin|root"
    r"|proxy|ldap|rabbitmq|mqtt)_?pass"
    r"|(?:access|auth|refresh|id|bearer|session|bot|api|oauth|device)_?token"
)
# A name with its sign and the quote behind it, in RE2's words. It is short, and
# `value_behind` finds what follows: a pattern of both would look at the same long value
# again for each `key=key=key=…`.
_IN_TEXT = _STRONG.replace("_?", "[ _-]?")
NAMED = (
    rf"(?i)((?:{_IN_TEXT})[A-Za-z0-9_-]{{0,40}}|\b[A-Za-z0-9_.-]{{0,60}}(?:token|key|pat)"
    r"|\bx-honeycomb-team)"
    r"\\?[\"'`]?\]?\s{0,4}(?:=>|:=|=|:)\s{0,4}([bru]?\\?[\"'])?"
)
_VALUES = {
    b'"': re.compile(rb"[^\"\r\n\\]{4,300}"),
    b"'": re.compile(rb"[^'\r\n\\]{4,300}"),
    b"": re.compile(rb"[^\s\"'`,;\\]{6,512}"),
}
# https://example.org/x?key=SECRET&user=1 has another parameter behind it.
_NEXT_PARAMETER = re.compile(rb"&(?:amp$|[A-Za-z0-9_.%\[\]-]{1,60}=)")
_PHRASE = re.compile(rb"[^\r\n\"'\\]{6,200}")  # to the end of the line: it has spaces
BEARER = (
    r"((?i:authorization)\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?)?"
    r"\b((?i:bearer|basic))(\s{1,4})([A-Za-z0-9._~+/=-]{8,})"
)

_NAMED = re.compile(rf"(?:{_STRONG})(?P<tail>(?:_[a-z0-9]+){{0,2}})$")
_PHRASE_NAME = re.compile(r"(?i)pass[ _-]?phrase$")
_WORD_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# password_file, secret_name: about the secret, and not the secret.
_ABOUT = _set(
    "arn at color count date enabled env expires expiry field file hint id ids in "
    "input label length limit max min name path placeholder policy prefix provider "
    "required reset rotation size source status store time ttl type url version"
)
# cache_key, page_token: they find something, and open nothing.
_FINDS = _set(
    "cache continuation cursor dedupe event facet foreign group hash hot "
    "idempotency index json license lookup map message next object page partition "
    "primary project public range registry row s3 short sort storage translation"
)
_WORDS = _set(
    "any boolean changed default disabled enabled expired false hidden include "
    "incorrect invalid missing never none null number object omit optional "
    "redacted required same-origin str string true undefined unknown unset wrong"
)
_PLACEHOLDER = re.compile(
    r"[<{]|\$[({]|\$[A-Za-z_]+$|%[({A-Z]|\[redacted"  # <password>, ${PASSWORD}
    r"|[A-Z]+(?:_[A-Z]+)+\W*$"  # ANTHROPIC_API_KEY, the name of a variable
    r"|(?i:x{3,}|\*{3,}|\.{3,}|…+)$|(?i:your|the|example|insert|replace|enter)[ _-]"
)
_CODE = re.compile(
    r"[A-Za-z_]+[(\[]"  # getpass(), Optional[str]
    r"|(?:self|this|os|process|env|settings|config|cfg|req|request|ctx|args|opts"
    r"|options|params|data|user|props|state|event|app|secrets|var|local|module|auth"
    r"|credentials)[.\[]"
    r"|[&|=+!?]{1,3}$"
)
_PATH = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?[/\\][\w .@-]+(?:[/\\][\w .@-]*)*$")
_NAMES_ONE = re.compile(rf"(?i)(?:{_IN_TEXT}|token|key)")
_LETTERS = re.compile(r"[A-Za-z_\s.,:;!?()'-]+")
_RANDOM = re.compile(r"[A-Za-z0-9_+/~.:!@#$%^&*-]+={0,2}$")
_LETTER, _DIGIT = re.compile("[A-Za-z]"), re.compile("[0-9]")
_SIGN = re.compile(r"[!#%^&*+=~]")
_SLUG = re.compile(r"[A-Za-z]+(?:[_./:+-]+(?:[A-Za-z]+|v?[0-9]{1,8}[a-z]?))+")
_ONE_LONG = re.compile(r"[A-Za-z0-9_+/=~-]{24,}")
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,12}://")


def value_behind(name: str, quote: bytes, data: bytes, at: int) -> bytes:
    """The value that begins at `at`, without its quotes; empty where there is none."""
    pattern = _VALUES[quote[-1:]]
    if not quote and _PHRASE_NAME.search(name):
        pattern = _PHRASE
    found = pattern.match(data, at)
    if found is None:
        return b""
    following = None if quote else _NEXT_PARAMETER.search(found[0])
    return found[0][: following.start()] if following else found[0]


def is_secret(name: str, value: str, *, is_quoted: bool) -> bool:
    """Whether `value`, which follows `name`, is a secret."""
    value = value.strip()
    words = _WORD_BORDER.sub("_", name[-100:]).strip("_").lower()
    found = _NAMED.search(words)
    if found is not None:
        is_one = bool(value) and found["tail"].rpartition("_")[2] not in _ABOUT
    else:
        is_one = _is_behind_weak(words, value)
    return is_one and not _is_plain(value, is_quoted)


def _is_behind_weak(words: str, value: str) -> bool:
    before, _, name = words.rpartition("_")
    if before.rpartition("_")[2] in _FINDS:
        return False
    if name == "team" and before.endswith("honeycomb"):
        return len(value) >= 16
    if name == "pat":
        return len(value) >= 20 and looks_random(value)
    if name == "token" and len(value) >= 8:
        return looks_random(value) or _ONE_LONG.fullmatch(value) is not None
    return name == "key" and len(value) >= 12 and looks_random(value)


def looks_random(value: str) -> bool:
    """Letters and digits in one: neither a word, nor a number, nor words with a version
    like `reference_resolution_v1_4`.
    """
    if not _RANDOM.match(value) or "." in value.rstrip("."):
        return False
    start = value[:100]
    is_mixed = not start.isalpha() and _LETTER.search(start) and _DIGIT.search(start)
    return bool(is_mixed) and not _SLUG.fullmatch(value)


def is_mixed(value: str) -> bool:
    """Whether letters stand beside digits or signs, as in no word of a sentence:
    `hunter22`, `a#Xq!`; not `required`, `read-only` or `/run/secrets/db`.
    """
    value = value.rstrip(".,;:)]}")
    if _PATH.match(value) or _URL.match(value) or _SLUG.fullmatch(value):
        return False
    has_more = _DIGIT.search(value) or _SIGN.search(value)
    return bool(_LETTER.search(value) and has_more)


def is_credential(value: str) -> bool:
    """Whether the word after `Bearer` or `Basic` is a secret; plain English is not, as
    in "basic economy".
    """
    is_coded = value.endswith("=") or not (value.islower() or value.istitle())
    return looks_random(value) or (len(value) >= 16 and is_coded and "-" not in value)


def _is_plain(value: str, is_quoted: bool) -> bool:
    """Code, a path, a placeholder, a word of configuration, or a sentence about it."""
    if value.strip("\"'`,;)]} ").lower() in _WORDS or _PLACEHOLDER.match(value):
        return True
    if _PATH.match(value) or _URL.match(value):
        return True
    if not is_quoted and _CODE.match(value):
        return True
    # "Enter your password", password=new_password
    is_words = " " in value if is_quoted else _LETTERS.fullmatch(value) is not None
    return is_words and len(value) < 300 and _NAMES_ONE.search(value) is not None
