"""Model calls through the gateway: what was done with each, and what it took."""

from __future__ import annotations

from django.db import models


class GatewayCall(models.Model):
    """The numbers of one call: no text, no key, no client's address. Deleted with its
    session, and after its project's retention days.
    """

    ACTIONS = [
        ("untouched", "untouched"),  # byte for byte as it came
        ("cut", "with an earlier cut"),
        ("compressed", "compressed"),  # with a cut made for this call, or prepared
        ("rescued", "prompt too long, rescued"),
        ("refused", "refused, sent as it came"),
        ("stopped", "stopped at its budget"),  # not sent at all
    ]

    project = models.ForeignKey(
        "tracker.Project", on_delete=models.CASCADE, db_index=False
    )
    # None if the answer has no usage, such as an error of the first call.
    session = models.ForeignKey(
        "tracker.LLMSession", null=True, on_delete=models.CASCADE, db_index=False
    )
    lane = models.CharField(max_length=255, default="main")
    at = models.DateTimeField()
    upstream = models.CharField(max_length=40)
    status = models.PositiveSmallIntegerField()  # 0: the upstream could not be reached
    action = models.CharField(max_length=10, choices=ACTIONS, default="untouched")
    is_control = models.BooleanField(default=False)  # left uncompressed to compare
    request_bytes = models.BigIntegerField()
    sent_bytes = models.BigIntegerField()
    # Time until the upstream was called, without the wait for a compression.
    added_ms = models.FloatField()
    waited_ms = models.FloatField(default=0.0)
    first_byte_ms = models.FloatField(null=True)
    # The compression whose cut was sent. Not a foreign key: numbers outlive it.
    compression_id = models.BigIntegerField(null=True)
    input_tokens = models.BigIntegerField(null=True)
    cache_read_tokens = models.BigIntegerField(null=True)
    cache_creation_tokens = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["project", "at"], name="gateway_call_newest"),
            models.Index(fields=["session", "at"], name="gateway_call_of_session"),
            models.Index(fields=["at"], name="gateway_call_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} at {self.at}"
