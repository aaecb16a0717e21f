"""Polite words for a stall, recognised however somebody puts them."""

import re

from playbook.document import Document
from playbook.parts import PoliteWords

STEM = 4  # letters of a word that are compared, so that "review" is found in "reviewed"
ENOUGH = 0.6  # share of a saying's telling words that have to be there
FILLERS = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "been", "being", "by", "for", "from", "further"}
    | {"has", "have", "in", "is", "it", "its", "of", "on", "or", "still", "that", "the", "this"}
    | {"to", "until", "was", "we", "were", "which", "with"}
)


def asked_instead(document: Document, words: str) -> PoliteWords | None:
    """The saying of the playbook that these words repeat, with what to ask; None for others."""
    told = _stems(words)
    shares = {
        saying: len(stems & told) / len(stems)
        for saying in document.polite_words
        if (stems := _stems(saying.said))
    }
    best = max(shares, key=lambda saying: shares[saying], default=None)
    return best if best is not None and shares[best] >= ENOUGH else None


def _stems(words: str) -> set[str]:
    return {word[:STEM] for word in re.findall(r"\w+", words.lower()) if word not in FILLERS}
