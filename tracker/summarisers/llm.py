"""Asks a model for the summary, at an OpenAI-compatible endpoint or at Anthropic.

Its facts and the local extracts share the budget (`compression/summary/facts`), so the
answer is never worse than the local summary of the same size. Every failure raises. The
compression then uses the local summary and notes why.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from tracker.domain.compression.summary.extraction import extractive_summary
from tracker.domain.compression.summary.facts import with_extracts
from tracker.domain.compression.summary.summarising import (
    Summary,
    SummaryRefused,
    SummaryRequest,
)
from tracker.summarisers.fact_check import checked_lines
from tracker.summarisers.fact_prompt import INSTRUCTIONS, parse_facts, prompt_for

PROVIDERS = ("openai", "anthropic")
LEAST_TOKENS = 60  # of a summary: two facts


@dataclass(frozen=True, slots=True)
class LlmSummariser:
    """The fields are the options in the setting.

    `api_key_env` names the environment variable with the key; "" means the SDK's usual
    one. `base_url` None means the provider's endpoint. `timeout_seconds` is for the
    whole answer of one attempt.
    """

    provider: str
    model: str
    base_url: str | None = None
    api_key_env: str = ""
    timeout_seconds: float = 60.0
    max_retries: int = 1

    def __call__(self, request: SummaryRequest) -> Summary:
        """Checked facts with their sources, and extracts in the room they leave.

        Nobody is asked where not even one fact would fit. Raises SummaryRefused, or an
        SDK error.
        """
        if self.provider not in PROVIDERS:
            raise SummaryRefused(f"provider must be one of {', '.join(PROVIDERS)}")
        if request.budget_tokens < LEAST_TOKENS:
            return extractive_summary(request)
        ask = self._ask_openai if self.provider == "openai" else self._ask_anthropic
        # JSON and numbers around the facts take about as many tokens as their text.
        try:
            answer = ask(prompt_for(request), 2 * request.budget_tokens + 500)
        except ModuleNotFoundError as error:
            if error.name != self.provider:
                raise
            raise SummaryRefused(
                f"pip install {self.provider}, and try again"
            ) from error
        found = parse_facts(answer)
        if not found:
            raise SummaryRefused("the model found no facts")
        facts, unfounded = checked_lines(found, request.sources)
        lines = with_extracts(request, facts)
        used = sum(line.kind == "fact" for line in lines)
        if not used:
            return Summary(
                lines,
                note=f"the local summary kept more than {self.model}'s facts would",
            )
        notes = [
            f"{unfounded} unfounded facts of {self.model} left out" * bool(unfounded),
            f"{len(facts) - used} of {self.model}'s facts did not fit"
            * (used < len(facts)),
        ]
        note = "; ".join(filter(None, notes))
        return Summary(lines, f"{self.provider}:{self.model}", note)

    @property
    def _key(self) -> str | None:
        return os.environ.get(self.api_key_env) if self.api_key_env else None

    def _ask_openai(self, prompt: str, most_tokens: int) -> str:
        from openai import OpenAI  # takes a second to import

        client = OpenAI(
            api_key=self._key,
            base_url=self.base_url,
            timeout=self.timeout_seconds,
            max_retries=self.max_retries,
        )
        # OpenAI's newer models refuse `max_tokens`; other servers know only that.
        field = "max_completion_tokens" if self.base_url is None else "max_tokens"
        with client:
            answer = client.chat.completions.create(
                model=self.model,
                messages=[
                    {"role": "system", "content": INSTRUCTIONS},
                    {"role": "user", "content": prompt},
                ],
                extra_body={field: most_tokens},
            )
        if not answer.choices:
            raise SummaryRefused("the model answered nothing")
        choice = answer.choices[0]
        _refuse_unless(choice.finish_reason, ("stop", "length", None))
        return choice.message.content or ""

    def _ask_anthropic(self, prompt: str, most_tokens: int) -> str:
        from anthropic import Anthropic  # takes a second to import

        client = Anthropic(
            api_key=self._key,
            base_url=self.base_url,
            timeout=self.timeout_seconds,
            max_retries=self.max_retries,
        )
        with client:
            answer = client.messages.create(
                model=self.model,
                max_tokens=most_tokens,
                system=INSTRUCTIONS,
                messages=[{"role": "user", "content": prompt}],
            )
        usable = ("end_turn", "stop_sequence", "max_tokens", None)
        _refuse_unless(answer.stop_reason, usable)
        return "".join(block.text for block in answer.content if block.type == "text")


def _refuse_unless(reason: str | None, usable: tuple[str | None, ...]) -> None:
    """An answer cut off at its length is used as far as it goes: it was paid for."""
    if reason not in usable:
        raise SummaryRefused(f"the model's answer is not complete ({reason})")
