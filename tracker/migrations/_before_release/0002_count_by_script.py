"""The default policy counts text by its scripts: characters / 3.5 made a third of the
tokens of Chinese, Japanese and Korean. Whoever wants the old rule chooses it again.
"""

from django.db import migrations


def count_by_script(apps, schema_editor):
    Policy = apps.get_model("tracker", "Policy")
    default = Policy.objects.filter(project=None, model_pattern="", session=None)
    default.filter(counting="estimated").update(counting="by_script")


class Migration(migrations.Migration):
    dependencies = [("tracker", "0001_initial_schema")]
    operations = [migrations.RunPython(count_by_script, migrations.RunPython.noop)]
