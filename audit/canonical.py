"""One spelling for every document that is hashed: playbooks, decision facts, audit events."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder


def canonical_json(document: Any) -> str:
    """The document as JSON with sorted keys, no spare spaces and non-ASCII kept as it is.

    Raises TypeError for anything that JSON and Django's encoder cannot express.
    """
    return json.dumps(
        document,
        cls=DjangoJSONEncoder,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )


def plain(document: Any) -> Any:
    """The document after a trip through JSON and the database: dates are texts, tuples are lists,
    and a number is spelt as jsonb will give it back."""
    return json.loads(canonical_json(document), parse_float=_as_jsonb)


def _as_jsonb(text: str) -> float | int:
    """jsonb keeps ``1e+16`` as a whole number and knows no negative zero."""
    figure = float(text)
    if "e" in text and figure.is_integer():
        return int(figure)
    return figure or 0.0


def sha256_hex(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(document: Any) -> str:
    """SHA-256 of the document's canonical JSON."""
    return sha256_hex(canonical_json(document))
