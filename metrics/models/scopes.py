"""How far a token reaches."""

from django.db import models

from accounts.models import Token
from initiatives.models import Initiative
from metrics.models.metrics import Metric


class TokenScope(models.Model):
    """What a narrowed token reaches: an initiative with all that is known of it, or one metric of
    it and nothing else."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="scopes")
    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="+")
    metric = models.ForeignKey(Metric, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token", "initiative", "metric"],
                name="metrics_token_scope_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.token}: {self.metric or self.initiative}"
