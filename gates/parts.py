"""The pages that an initiative has beside its own, in the order in which they are offered."""

PARTS: tuple[tuple[str, str], ...] = (
    ("Premises", "gates:premises"),
    ("Failure modes", "gates:risks"),
    ("Ladder", "gates:ladder"),
    ("Evidence", "gates:evidence_list"),
    ("History", "gates:history"),
)
"""What a page is called, and the name of its address."""
