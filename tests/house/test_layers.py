"""Foreign keys point the way imports do: down. (import-linter checks the imports.)"""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Model

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS = [{name.strip() for name in row.split("|")} for row in CONTRACT["contracts"][0]["layers"]]
DEPTH = {name: depth for depth, row in enumerate(LAYERS) for name in row}
OUR_MODELS = [model for model in apps.get_models() if model._meta.app_label in DEPTH]


def test_every_app_of_ours_has_its_layer() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert packages | {"config"} == set(DEPTH) == set(CONTRACT["root_packages"])


def test_siblings_are_declared_independent() -> None:
    """import-linter forbids imports between names on one row only when they are joined by `|`."""
    assert all(":" not in row for row in CONTRACT["contracts"][0]["layers"])


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model._meta.label)
def test_foreign_keys_point_down(model: type[Model]) -> None:
    own = model._meta.app_label
    for field in model._meta.get_fields():
        if not field.concrete or not isinstance(field.related_model, type):
            continue
        target = field.related_model._meta.app_label
        assert target == own or target not in DEPTH or DEPTH[target] > DEPTH[own], (
            f"{model._meta.label}.{field.name} points up or sideways to {target}"
        )
