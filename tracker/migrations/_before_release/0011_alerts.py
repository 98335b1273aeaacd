"""Where alerts go, which rules send them, and what was sent."""

import django.db.models.deletion
import tracker.models.outgoing.alerts
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracker', '0010_active_sessions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('login', 'Logged in'), ('login_failed', 'Failed to log in'), ('logout', 'Logged out'), ('key_created', 'Made an API key'), ('key_revoked', 'Revoked an API key'), ('policy_changed', 'Changed a policy'), ('policy_deleted', 'Deleted a policy'), ('upstream_set', 'Set an upstream'), ('upstream_removed', 'Removed an upstream'), ('alert_changed', 'Changed an alert'), ('alert_removed', 'Removed an alert'), ('review', 'Reviewed a compression'), ('session_deleted', 'Deleted a session'), ('project_deleted', 'Deleted a project'), ('export', 'Exported')], max_length=20),
        ),
        migrations.CreateModel(
            name='AlertChannel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('webhook', 'Webhook'), ('slack', 'Slack'), ('discord', 'Discord'), ('email', 'E-mail')], max_length=8)),
                ('target', models.CharField(max_length=1000)),
                ('secret', models.CharField(default=tracker.models.outgoing.alerts.new_secret, max_length=64)),
                ('site_address', models.CharField(max_length=300)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='tracker.project')),
            ],
        ),
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('level', 'a session reaches a level'), ('event', 'a session crosses any threshold, up or down'), ('score', 'a compression scores below a number'), ('missed', 'a compression misses its target'), ('suspected', 'a compression is suspected'), ('flagged', 'a reviewer flags a compression'), ('silent', 'no report came for a number of minutes')], max_length=9)),
                ('level', models.CharField(choices=[('ok', 'Ok'), ('warning', 'Warning'), ('compress', 'Compress'), ('critical', 'Critical'), ('exceeded', 'Exceeded')], default='critical', max_length=8)),
                ('number', models.FloatField(blank=True, null=True)),
                ('model_pattern', models.CharField(blank=True, max_length=200)),
                ('metadata_key', models.CharField(blank=True, max_length=100)),
                ('metadata_value', models.CharField(blank=True, max_length=200)),
                ('quiet_from', models.TimeField(blank=True, null=True)),
                ('quiet_until', models.TimeField(blank=True, null=True)),
                ('zone', models.CharField(default='UTC', max_length=60)),
                ('is_on', models.BooleanField(default=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='tracker.alertchannel')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='tracker.project')),
            ],
        ),
        migrations.CreateModel(
            name='AlertDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('about', models.CharField(max_length=100)),
                ('message_id', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('message', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('attempts', models.IntegerField(default=0)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('failed', 'Not delivered')], default='waiting', max_length=7)),
                ('answer', models.CharField(blank=True, max_length=300)),
                ('answered_at', models.DateTimeField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='tracker.alertchannel')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='tracker.project')),
                ('rule', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='tracker.alertrule')),
            ],
            options={
                'verbose_name_plural': 'alert deliveries',
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='alert_waiting'), models.Index(fields=['project', 'created_at'], name='alert_log')],
                'constraints': [models.UniqueConstraint(fields=('rule', 'about'), name='alert_once')],
            },
        ),
    ]
