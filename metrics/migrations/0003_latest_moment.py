from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0002_observations'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='metric',
            name='latest_on',
        ),
        migrations.AddConstraint(
            model_name='metric',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('latest__isnull', True), ('latest_at__isnull', True)), models.Q(('latest__isnull', False), ('latest_at__isnull', False)), _connector='OR'), name='metrics_latest_dated'),
        ),
    ]
