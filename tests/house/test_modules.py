"""What every file of ours keeps to."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 400
REASON = "Long because"
SKIPPED = {".venv", "var", "migrations", "node_modules"}


def ours(pattern: str) -> list[Path]:
    return sorted(
        path.relative_to(ROOT)
        for path in ROOT.rglob(pattern)
        if not SKIPPED & set(path.relative_to(ROOT).parts)
    )


@pytest.mark.parametrize("path", ours("*.py"), ids=str)
def test_a_module_is_short_or_says_why_not(path: Path) -> None:
    text = (ROOT / path).read_text()
    lines = text.count("\n")
    reason = REASON in (ast.get_docstring(ast.parse(text)) or "")
    assert lines <= LIMIT or reason, (
        f"{lines} lines; split it, or say “{REASON} …” in its docstring"
    )


INLINE = re.compile(
    r"""\sstyle=|<style|<script(?![^>]*\bsrc=)|\son[a-z]+=|\|\s*safe\b|hx-on""", re.I
)


@pytest.mark.parametrize("path", ours("*.html"), ids=str)
def test_a_template_has_nothing_inline(path: Path) -> None:
    """The content security policy would refuse it in the browser; here it is refused sooner."""
    assert INLINE.findall((ROOT / path).read_text()) == []
