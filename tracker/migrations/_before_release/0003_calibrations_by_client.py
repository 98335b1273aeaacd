"""What was learnt of hidden prompts belongs to the client that has them.

Until now it was kept by project and model: a chat program was judged by the 40,000
hidden tokens of an agent with the same model. What was learnt is dropped (it is learnt
anew within three requests), and sessions that were judged by it are judged by their own
count. So is the newest sample of each, with its hour's sum: `verify` recounts a session
from it, and `verify --repair` would bring the wrong number back. Older samples and all
events stay as they were answered.
"""

from decimal import Decimal

from django.db import migrations, models

LEVELS = (("critical", 95), ("compress", 85), ("warning", 80))


def drop_and_rejudge(apps, schema_editor):
    apps.get_model("tracker", "LearntCalibration").objects.all().delete()
    Session = apps.get_model("tracker", "LLMSession")
    Comparison = apps.get_model("tracker", "Comparison")
    Policy = apps.get_model("tracker", "Policy")
    Project = apps.get_model("tracker", "Project")
    policies = {policy.name: policy for policy in Policy.objects.all()}
    own = Comparison.objects.filter(lane="main").values("session_id")
    wrong = Session.objects.filter(source="estimated", unattributed_tokens__gt=0)
    for session in wrong.exclude(pk__in=own).iterator(chunk_size=500):
        sample = _shown(apps, session)
        if sample is None:
            continue  # a compression came after it, and says what is left
        before = session.level
        session.used_tokens -= session.unattributed_tokens
        session.unattributed_tokens = 0
        session.used_ratio = session.used_tokens / session.available_tokens
        session.level = _level(session, policies)
        session.save(
            update_fields=["used_tokens", "unattributed_tokens", "used_ratio", "level"]
        )
        _correct(apps, sample, session)
        if session.level != before:
            moved = {
                f"{before}_count": models.F(f"{before}_count") - 1,
                f"{session.level}_count": models.F(f"{session.level}_count") + 1,
            }
            Project.objects.filter(pk=session.project_id).update(**moved)


def _shown(apps, session):
    """The newest sample, where it is what the session shows."""
    samples = apps.get_model("tracker", "UsageSample").objects.filter(
        session_id=session.pk, lane="main", is_late=False
    )
    newest = samples.order_by("-at", "-pk").first()
    shown = (session.used_tokens, session.unattributed_tokens)
    if newest and (newest.used_tokens, newest.unattributed_tokens) == shown:
        return newest
    return None


def _correct(apps, sample, session):
    hour = sample.at.replace(minute=0, second=0, microsecond=0)
    rollups = apps.get_model("tracker", "HourlyRollup").objects.filter(
        project_id=sample.project_id, hour=hour
    )
    writer = rollups.order_by("writer").values_list("writer", flat=True).first()
    rollups.filter(writer=writer).update(
        used_tokens=models.F("used_tokens") - sample.unattributed_tokens
    )
    # By its session and time: PostgreSQL finds a sample by these, not by its id alone.
    samples = apps.get_model("tracker", "UsageSample").objects
    samples.filter(pk=sample.pk, session_id=session.pk, at=sample.at).update(
        used_tokens=session.used_tokens, unattributed_tokens=0, level=session.level
    )


def _level(session, policies):
    """By its policy's percentages where it has them; the next report judges anew."""
    if session.used_tokens > session.available_tokens:
        return "exceeded"
    policy = policies.get(session.policy_name)
    for name, usual in LEVELS:
        percent = getattr(policy, f"{name}_percent", None) or Decimal(usual)
        if session.used_tokens * 100 >= session.available_tokens * percent:
            return name
    return "ok"


class Migration(migrations.Migration):
    dependencies = [("tracker", "0002_count_by_script")]
    operations = [
        migrations.RemoveConstraint("learntcalibration", "calibration_once"),
        migrations.AddField(
            "learntcalibration",
            "client",
            models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.AddField(
            "comparison",
            "client",
            models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.RunPython(drop_and_rejudge, migrations.RunPython.noop),
        migrations.AddConstraint(
            "learntcalibration",
            models.UniqueConstraint(
                fields=["project", "model", "counter", "client"],
                name="calibration_once",
            ),
        ),
    ]
