"""Giving freed people to what waits: only while it still waits at intake."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from gates.models import Rollout, Stage
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import lock_many
from operations.models import CapacityOffer
from operations.services import capacity


@transaction.atomic
def take_offer(*, offer: CapacityOffer, initiative: Initiative, by: User, at: datetime) -> None:
    """Give the offered people to an initiative at intake. Both histories tell of it.

    Raises Refused once it has left intake, and wherever the offer itself cannot be taken.
    """
    lock_many([offer.initiative_id, initiative.pk])
    if not Rollout.objects.filter(initiative=initiative, stage=Stage.INTAKE).exists():
        raise Refused("Goes to: it has left intake. Choose an initiative that waits there.")
    capacity.take_offer(offer=offer, initiative=initiative, by=by, at=at)
