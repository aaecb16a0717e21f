"""A playbook as one TOML file, out and in, with nothing lost on the way."""

import tomllib
from typing import Any

import tomli_w

from playbook.document import Document
from playbook.drafting import Unfit, checked
from playbook.tightening import Problem


def dumps(document: Document) -> str:
    """The whole playbook as TOML. What has no value is left out, and comes back as none."""
    return tomli_w.dumps(document.model_dump(mode="python", exclude_none=True))


def loads(text: str) -> Document:
    """The playbook that the TOML holds, checked against the standard.

    Raises Unfit: with the line for text that is no TOML, else with every key and its fix.
    """
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unfit(
            [Problem((), f"This is not TOML yet: {error}. Put that line right.")]
        ) from error
    return checked(data)
