"""Hard budgets at the gateway; none is set."""

from django.db import migrations, models

DEFAULTS = {
    "gateway_session_tokens": 0,
    "gateway_session_dollars": 0,
    "gateway_month_dollars": 0,
}


def fill_default_policy(apps, schema_editor):
    """The default policy says every field: nothing is less specific."""
    Policy = apps.get_model("tracker", "Policy")
    default = Policy.objects.filter(project=None, model_pattern="", session=None)
    default.update(**DEFAULTS)


class Migration(migrations.Migration):

    dependencies = [
        ("tracker", "0020_log_exports"),
    ]

    operations = [
        migrations.AddField(
            model_name='policy',
            name='gateway_month_dollars',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='policy',
            name='gateway_session_dollars',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='policy',
            name='gateway_session_tokens',
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='alertrule',
            name='kind',
            field=models.CharField(choices=[('level', 'a session reaches a level'), ('event', 'a session crosses any threshold, up or down'), ('score', 'a compression scores below a number'), ('missed', 'a compression misses its target'), ('suspected', 'a compression is suspected'), ('flagged', 'a reviewer flags a compression'), ('silent', 'no report came for a number of minutes'), ('stopped', 'the gateway stops a session at its budget'), ('spend', 'the cost of a month passes a number of dollars')], max_length=9),
        ),
        migrations.AlterField(
            model_name='gatewaycall',
            name='action',
            field=models.CharField(choices=[('untouched', 'untouched'), ('cut', 'with an earlier cut'), ('compressed', 'compressed'), ('rescued', 'prompt too long, rescued'), ('refused', 'refused, sent as it came'), ('stopped', 'stopped at its budget')], default='untouched', max_length=10),
        ),
        migrations.RunPython(fill_default_policy, migrations.RunPython.noop),
    ]
