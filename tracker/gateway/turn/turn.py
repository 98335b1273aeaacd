"""What is known of one model call, from its body to its record."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from hashlib import blake2b

from tracker.api.intake.http import Headers, header
from tracker.api.keys.keyring import KeyGrant
from tracker.domain.budget.resolution import PolicyBook
from tracker.domain.cuts.cut import Cut
from tracker.domain.plan_limits import PlanLimit
from tracker.domain.spend.stops import Stop
from tracker.gateway.cuts import Outgoing, digests_of
from tracker.gateway.judgement import HOUR_MARK, Judged, asked_window, judge
from tracker.gateway.request.address import Provider
from tracker.gateway.request.body import RequestBody
from tracker.gateway.request.conversation import Conversation, conversations
from tracker.gateway.turn.composed import Composed, Sent
from tracker.gateway.turn.composing import fillings
from tracker.reading.tokenizers import counting_method
from tracker.sources.user_agents import program_of


class Turn:
    """One understood call. `body` is what to send: the client's own bytes unless a cut
    stands for the beginning of its messages.

    It begins as the client sent it; `deciding`, `again` and `recording` change it.
    """

    def __init__(
        self,
        grant: KeyGrant,
        provider: Provider,
        policies: PolicyBook,
        headers: Headers,
        read: RequestBody,
        original: bytes,
    ) -> None:
        self.project_id, self.key_id = grant.project_id, grant.key_id
        self.outline = read.outline
        self.conversation: Conversation = conversations.of(
            self.project_id, self.key_id, read.outline, headers
        )
        self.program = program_of(header(headers, b"user-agent"))
        self.window_tokens = asked_window(header(headers, b"anthropic-beta"))
        self.body = original
        self.action = "untouched"
        self.waited = 0.0
        self.sent_bytes = read.outline.messages_bytes
        self.compression_id = 0
        self.cut: Cut | None = None
        self.refused: Cut | None = None
        self.stop: Stop | None = None  # a hard budget is spent: it is not sent
        self.told_tokens = 0  # by the refusal of a prompt that is too long
        self.may_cut = provider.dialect != "other" and bool(read.messages)
        self.composed: Future[Composed | None] | None = None
        self._digests: Sequence[bytes] = ()
        self.counted_messages: int | None = None
        self.plan_limits: tuple[PlanLimit, ...] = ()  # as its answer says
        self._policies = policies
        # Dropped as soon as the answer streams: hundreds of streams may be open.
        self._read: RequestBody | None = read
        self._original: bytes | None = original
        self._judged: Judged | None = None
        self._cut_messages: Outgoing | None = None

    @property
    def key(self) -> tuple[int, str, str]:
        return self.project_id, self.conversation.session, self.conversation.lane

    @property
    def read(self) -> RequestBody:
        assert self._read is not None, "the answer streams already"
        return self._read

    @property
    def is_judged(self) -> bool:
        """False where a fault of ours came before: the call goes out as it came."""
        return self._judged is not None

    @property
    def judged(self) -> Judged:
        assert self._judged is not None
        return self._judged

    @property
    def is_original(self) -> bool:
        return self.cut is None

    @property
    def is_control(self) -> bool:
        """Whether this conversation is left alone, to compare: always the same ones."""
        share = self.judged.policy.gateway_control_share
        if not share:
            return False
        text = f"{self.project_id}\0{self.conversation.session}".encode()
        return blake2b(text, digest_size=2).digest()[0] * 100 // 256 < share

    @property
    def may_compress(self) -> bool:
        """Whether this call may be compressed, if its policy says that it is due."""
        return (
            self.judged.policy.mode == "apply"
            and not self.is_control
            and not self.outline.asks_provider
        )

    def judge(self, sent: Outgoing) -> None:
        self._judged = judge.judged(
            self._policies,
            self.project_id,
            self.conversation,
            self.outline,
            self.window_tokens,
            messages_bytes=sent.size,
            new_messages=lambda: sent.new_messages,
            cut=sent.cut_digest,
            asks_for_hour=lambda: HOUR_MARK in self.read.text,
        )
        counts = self._judged.counts_messages
        self.counted_messages = sent.new_messages if counts else None

    def send(self, sent: Outgoing, action: str) -> None:
        """Put its cut in place of the beginning of the messages."""
        assert sent.cut is not None
        self.body = self.read.with_messages(sent.array)
        self.sent_bytes = sent.size
        self.action = action
        self.cut = sent.cut
        self.compression_id = sent.cut.compression_id
        self._cut_messages = sent

    def send_original(self, action: str) -> None:
        assert self._original is not None
        self.body, self.action, self.cut = self._original, action, None
        self.sent_bytes = self.outline.messages_bytes

    def compose(self) -> None:
        """Begin to find what fills the window with the request as it was sent."""
        read, cut, sent = self._read, self.cut, self._cut_messages
        if read is None or not read.messages or not self.is_judged:
            return
        # If nothing needed the digests yet, the thread that names tokens makes them.
        messages, digests, held = read.messages, self._digests, 0
        if cut is not None and sent is not None:
            messages, held = tuple(sent.messages), sent.held
            digests = self.digests[cut.message_count :]
        self.composed = fillings.start(
            Sent(
                key=self.key,
                model=self.outline.model,
                method=counting_method(self.judged.policy.counting),
                system=read.system,
                tools=read.tools,
                messages=messages,
                digests=digests,
                held=held,
                cut=cut.digest if cut is not None else b"",
                is_continued=self.outline.is_continued,
            )
        )

    @property
    def digests(self) -> Sequence[bytes]:
        """Of each beginning of the messages; made when they are first asked for, as
        most calls have no cut and need none.
        """
        if not self._digests:
            self._digests = digests_of(self.read)
        return self._digests

    def let_go(self) -> None:
        """The answer streams: nothing is sent again."""
        self._read = self._original = self._cut_messages = None
        self.body = b""
        self._digests = ()

    def own_headers(self) -> dict[str, str]:
        """Of the answer; none where the call was not judged."""
        if not self.is_judged:
            return {}
        status = self.judged.status
        found = {
            "x-token-budget-session": self.conversation.session,
            "x-token-budget-level": status.level,
            "x-token-budget-used-percent": f"{status.used_ratio * 100:.1f}",
        }
        if self.cut is not None and self.compression_id:
            found["x-token-budget-compression"] = str(self.compression_id)
        return found
