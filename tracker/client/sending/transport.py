"""One POST of reports to the server."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from tracker.client.config import Config
from tracker.client.json_bodies import join_reports
from tracker.client.sending.receipts import Receipt, read_receipt

if TYPE_CHECKING:
    import ssl

    import httpx

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0


@cache
def certificates() -> ssl.SSLContext:
    """Those that are believed. Read once: each reading takes 25 ms of processor."""
    import httpx

    return httpx.create_ssl_context()


class Transport:
    """Sends reports to POST /usage over one connection that is kept open.

    `send` never raises. One thread at a time may use it.
    """

    def __init__(self, config: Config) -> None:
        # Import httpx on the thread that makes the client. Imported first by the
        # sender's thread, an SDK could meanwhile see half of the module.
        import httpx  # noqa: F401  # imported to be loaded

        self._config = config
        self._http: httpx.Client | None = None

    def reset(self) -> None:
        """In a forked child: open a connection of its own.

        Parent and child that write to the same socket get each other's answers.
        """
        self._http = None

    def send(self, reports: Sequence[bytes]) -> Receipt:
        import httpx

        key = self._config.key
        if not (key.isascii() and key.isprintable()):
            # As the "tb_…" of an example does. httpx would fail with an error that
            # names the key, and the log would hold it.
            return Receipt("refused", "the key has characters that no key has")
        try:
            answer = self._client().post(
                self._config.api("usage"), content=join_reports(reports)
            )
            return read_receipt(
                answer.status_code, answer.content, answer.headers, count=len(reports)
            )
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            url = self._config.url
            return Receipt("refused", f"the URL {url!r} cannot be used: {error}")
        except Exception as error:  # noqa: BLE001 - also what proxies and certificates can raise
            return Receipt("later", f"no answer: {str(error) or type(error).__name__}")

    def _client(self) -> httpx.Client:
        import httpx

        if self._http is None:
            timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
            self._http = httpx.Client(
                headers=self._config.headers, timeout=timeout, verify=certificates()
            )
        return self._http

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None
