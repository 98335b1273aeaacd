"""Links that show one thing to people without a login, until they expire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import models

_signer = Signer(sep=".", salt="share link")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ShareLink(models.Model):
    """Opens one session, compression or badge, and nothing else. Its token is signed
    and not stored: who reads the database, or a backup of it, cannot open the link.

    A badge is of `session`, else of `model` in the project, else of the project.
    """

    SHOWS = [("page", "Page"), ("badge", "Badge")]

    project = models.ForeignKey("tracker.Project", on_delete=models.CASCADE)
    session = models.ForeignKey(
        "tracker.LLMSession", null=True, on_delete=models.CASCADE
    )
    compression = models.ForeignKey(
        "tracker.Compression", null=True, on_delete=models.CASCADE
    )
    model = models.CharField(max_length=200, blank=True)
    shows = models.CharField(max_length=5, choices=SHOWS)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "shared link"

    def __str__(self) -> str:
        """`badge of session 7`"""
        if self.compression_id:
            of = f"compression {self.compression_id}"
        elif self.session_id:
            of = f"session {self.session_id}"
        else:
            of = f"model {self.model}" if self.model else "project"
        return f"{self.shows} of {of}"

    @property
    def token(self) -> str:
        """Signed with the moment it was made. After an older backup was put back, the
        next link has the number of one that was given out before: without the moment
        that one's token would open it.
        """
        made = (self.made_at - _EPOCH) // _MICROSECOND
        return _signer.sign(f"{self.pk}-{made}")


def link_named(token: str) -> tuple[int, datetime]:
    """The number of a link and when it was made. Raises signing.BadSignature for a
    token that this site did not make.
    """
    number, _, made = _signer.unsign(token).partition("-")
    if not made:
        raise BadSignature("It names no moment.")
    return int(number), _EPOCH + int(made) * _MICROSECOND
