"""How far each session file was read into a project."""

from __future__ import annotations

from django.db import models


class ReadFile(models.Model):
    """One row per project and file, written after what was read is stored.

    It lies beside what it speaks of: a database that is put back from a backup knows
    no file as read whose reports it lacks. `name` is a digest of the path, which may
    name a person. `look` is size, time and inode as they were when nothing was left to
    read; `state` lets a reader of the version `read_by` go on, with a digest of the
    file's head and tail in it. `is_finished`: what waited for more lines was told.
    `sessions` are those it tells of, a JSON list, and `below` a digest of the folder
    that was given: with them a file is missed that was deleted between two runs.
    """

    project = models.ForeignKey("tracker.Project", on_delete=models.CASCADE)
    name = models.CharField(max_length=32)
    look = models.CharField(max_length=80, blank=True)
    state = models.TextField()
    read_by = models.CharField(max_length=40)
    is_finished = models.BooleanField(default=False)
    sessions = models.TextField(default="[]")
    below = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="read_file_once")
        ]

    def __str__(self) -> str:
        return self.name
