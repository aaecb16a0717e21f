"""The commands of docs/api.md, word for word, by a client that is not ours."""

import json
import os
import re
import subprocess

import pytest
from django.utils import timezone

from accounts.models import User
from config.env import BASE_DIR
from gates.models import Review
from initiatives.models import Evidence
from metrics.models import Observation
from tests.api.calling import secret_of
from tests.factories import NOW, make_rollout
from webhooks.services import signature

DOCUMENT = (BASE_DIR / "docs" / "api.md").read_text()
# The first block says what is set here.
COMMANDS = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)[1:]
CHECK = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.mark.django_db(transaction=True)
def test_every_command_does_what_it_says(server: str, maya: User) -> None:
    initiative = make_rollout(owner=maya, at=timezone.now()).initiative
    environment = {
        **os.environ,
        "CLEARWAY": server,
        "TOKEN": secret_of(maya),
        "IT": initiative.reference,
    }
    said = []
    for command in COMMANDS:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        said.append(done.stdout)
    portfolio, evaluation, twice, figures, changed, review = said
    assert json.loads(portfolio)["total"] == 1
    assert json.loads(evaluation)["findings"]
    assert Evidence.objects.count() == 1
    assert twice[: len(twice) // 2] == twice[len(twice) // 2 :]
    assert json.loads(figures) == {"new": 2, "corrections": 0, "repeated": 0}
    assert Observation.objects.count() == 2
    assert json.loads(changed)["benefit"] == "A letter is answered in a day."
    assert json.loads(review)["state"] == "open"
    assert Review.objects.count() == 1


def test_the_receivers_check_knows_what_is_signed() -> None:
    space: dict[str, object] = {}
    exec(CHECK[0], space)
    genuine, moment = space["genuine"], NOW.timestamp()
    assert callable(genuine)
    header = signature("secret", b"{}", NOW)
    assert genuine("secret", header, b"{}", moment)
    assert not genuine("secret", header, b"{ }", moment)
    assert not genuine("other", header, b"{}", moment)
    assert not genuine("secret", header, b"{}", moment + 301)
