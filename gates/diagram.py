"""The state diagram of a rollout, drawn from the transitions themselves."""

from collections.abc import Iterator

from django_fsm import GET_STATE

from gates.models import Rollout
from gates.models.rollouts import ENDED, PATH, Stage

BEGIN, END = "<!-- state diagram: begin -->", "<!-- state diagram: end -->"


def mermaid() -> str:
    """The diagram as a Mermaid block, the same for the same transitions."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    {stage.value}: {stage.label}" for stage in (*PATH, *ENDED)]
    lines += ["    [*] --> intake: start"]
    lines += sorted(f"    {source} --> {target}: {name}" for source, target, name in _moves())
    lines += [f"    {stage.value} --> [*]" for stage in ENDED]
    return "\n".join([*lines, "```"])


def _moves() -> Iterator[tuple[str, str, str]]:
    for transition in Rollout._meta.get_field("stage").get_all_transitions(Rollout):
        target = transition.target
        ends = target.allowed_states if isinstance(target, GET_STATE) else [target]
        for end in ends:
            if _possible(transition.name, str(transition.source), str(end)):
                yield str(transition.source), str(end), transition.name


def _possible(name: str, source: str, target: str) -> bool:
    """A return leads back, and adoption is drawn once."""
    if name == "return_to":
        return PATH.index(Stage(target)) < PATH.index(Stage(source))
    return name != "adopt" or source == Stage.INTAKE


def with_diagram(text: str) -> str:
    """The document with its diagram brought up to date. Raises ValueError without the marks."""
    before, _begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"The document must hold {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n{mermaid()}\n{END}{after}"
