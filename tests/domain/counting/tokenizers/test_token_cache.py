from __future__ import annotations

import threading
import tracemalloc

from tracker.domain.counting.tokenizers.token_cache import ENTRY_BYTES, TokenCache


def test_the_same_content_is_counted_once() -> None:
    asked: list[str] = []

    def counted(text: str) -> int:
        asked.append(text)
        return len(text)

    cache = TokenCache()
    answers = [cache.count("".join(["ab", "c"]), counted) for _ in range(3)]

    assert (answers, asked) == ([3, 3, 3], ["abc"])


def test_the_least_recently_used_goes_first() -> None:
    asked: list[str] = []

    def counted(text: str) -> int:
        asked.append(text)
        return 1

    cache = TokenCache(budget_bytes=2 * ENTRY_BYTES)
    for text in ["a", "b", "a", "c", "a", "b"]:
        cache.count(text, counted)

    assert asked == ["a", "b", "c", "b"]
    assert len(cache) == 2


def test_it_stays_within_its_bytes() -> None:
    budget = 1_000_000
    tracemalloc.start()
    cache = TokenCache(budget_bytes=budget)
    for number in range(20_000):
        cache.count(f"text {number}", lambda text: 100_000 + len(text))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(cache) == budget // ENTRY_BYTES
    assert held < budget


def test_it_holds_at_least_one_text() -> None:
    cache = TokenCache(budget_bytes=0)
    cache.count("a", len)

    assert len(cache) == 1


def test_clearing_forgets_everything() -> None:
    cache = TokenCache()
    cache.count("a", len)
    cache.clear()

    assert len(cache) == 0
    assert cache.count("a", lambda text: 7) == 7


def test_threads_get_their_own_right_answers() -> None:
    cache = TokenCache(budget_bytes=50 * ENTRY_BYTES)
    wrong: list[str] = []

    def work() -> None:
        for number in range(3_000):
            text = "x" * (number % 101)
            if cache.count(text, len) != len(text):
                wrong.append(text)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(cache) <= 50
