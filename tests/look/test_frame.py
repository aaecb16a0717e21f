"""The frame around every page, and forms as they are drawn."""

import re
from pathlib import Path

import pytest
from django import forms
from django.template.loader import get_template

from look.forms import Form

TEMPLATES = sorted((Path(__file__).parents[2] / "templates").rglob("*.html"))


class Person:
    is_authenticated = True
    email = "maya@example.org"

    def __str__(self) -> str:
        return "Maya Okafor"


def page(rf, **context: object) -> str:
    request = rf.get("/somewhere?q=1")
    request.COOKIES.update(context.pop("cookies", {}))
    request.user = context.setdefault("user", Person())
    return get_template("base.html").render(context, request)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_inline_script_or_style(path):
    source = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:|\|safe\b", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)


def test_the_active_page_is_marked_in_both_menus(rf):
    items = [
        {"label": "Portfolio", "url": "/portfolio/", "key": "portfolio", "count": 1934},
        {"label": "Board", "url": "/board/", "key": "board", "count": 0},
    ]
    html = page(rf, nav_items=items, nav="portfolio")
    assert html.count('href="/portfolio/" aria-current="page"') == 2
    assert '<span class="count">1,934</span>' in html
    assert 'href="/board/" aria-current' not in html


def test_a_page_without_navigation_shows_none(rf):
    assert "<nav" not in page(rf)


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')],
)
def test_the_chosen_theme_is_set_on_the_page(rf, cookie, expected):
    assert expected in page(rf, cookies={"theme": cookie})


@pytest.mark.parametrize("cookie", ["", 'x" onload="alert(1)', "sepia"])
def test_any_other_theme_follows_the_system(rf, cookie):
    assert "data-theme" not in page(rf, cookies={"theme": cookie})


class Proof(Form):
    link = forms.URLField(
        label="Evidence", help_text="Where it can be read.", assume_scheme="https"
    )
    kind = forms.ChoiceField(widget=forms.RadioSelect, choices=[("a", "Report"), ("b", "Log")])
    sure = forms.BooleanField(label="Checked by a second person", help_text="Not by you.")


def test_an_error_is_listed_first_linked_and_tied_to_its_field():
    html = str(Proof({"kind": "a", "sure": "on"}))
    assert html.index('role="alert"') < html.index('for="id_link"')
    assert '<a href="#id_link">Fill in “Evidence”.</a>' in html
    control = re.search(r"<input[^>]*id=\"id_link\"[^>]*>", html)[0]
    assert 'aria-invalid="true"' in control
    for target in re.search(r'aria-describedby="([^"]*)"', control)[1].split():
        assert f'id="{target}"' in html


def test_every_control_of_a_form_has_its_words():
    html = str(Proof())
    assert "<legend>Kind" in html
    assert html.count('<label for="id_link">') == 1
    assert 'id="id_sure_helptext"' in html
    assert "There is something" not in html


def test_what_is_optional_says_so():
    class Note(Form):
        text = forms.CharField(required=False)

    assert "(optional)" in str(Note())


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
def test_errors_stand_without_a_request(code):
    html = get_template(f"{code}.html").render()
    assert "<h1>" in html
    assert 'href="/"' in html
