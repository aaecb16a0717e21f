"""What a form says when something is wrong: the field, and what to do about it."""

from importlib import import_module

import pytest
from django import forms
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile

from look.forms import Form, Worded, field_of, not_optional, told


class Everything(Form):
    words = forms.CharField(label="What it shows", max_length=5)
    link = forms.URLField(assume_scheme="https")
    address = forms.EmailField(label="E-mail address")
    day = forms.DateField(label="Counts until")
    share = forms.FloatField(label="Share in %", min_value=0, max_value=100)
    people = forms.IntegerField()
    one = forms.ChoiceField(label="Cause", choices=[("a", "A")])
    some = forms.MultipleChoiceField(label="Roles", choices=[("a", "A")])
    file = forms.FileField(label="File")
    ours = forms.CharField(error_messages={"required": "Say why."})


def errors(form: forms.Form) -> dict[str, list[str]]:
    return {name: list(map(str, found)) for name, found in form.errors.items()}


def test_what_is_missing_is_named_with_what_to_do():
    assert errors(Everything({})) == {
        "words": ["Fill in “What it shows”."],
        "link": ["Fill in “Link”."],
        "address": ["Fill in “E-mail address”."],
        "day": ["Give a day for “Counts until”."],
        "share": ["Give a number for “Share in %”."],
        "people": ["Give a number for “People”."],
        "one": ["Choose an answer for “Cause”."],
        "some": ["Tick at least one for “Roles”."],
        "file": ["Choose a file for “File”."],
        "ours": ["Say why."],
    }


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("words", "six of them", "“What it shows” takes at most 5 characters. Shorten it."),
        ("words", "a\0b", "Remove the null characters from “What it shows”."),
        ("link", "no link", "Give “Link” as a whole link, such as https://example.org/report."),
        ("link", "http://[", "Give “Link” as a whole link, such as https://example.org/report."),
        ("address", "maya", "Give “E-mail address” as an address such as name@example.org."),
        ("day", "soon", "Give “Counts until” as a day such as 2026-12-04."),
        ("share", "half", "Give “Share in %” as a number, such as 12.5."),
        ("share", "101", "“Share in %” cannot be above 100. Enter that or less."),
        ("people", "1.5", "Give “People” as a whole number, such as 120."),
        ("one", "b", "Choose one of those listed for “Cause”."),
        ("some", ["b"], "Choose one of those listed for “Roles”."),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(field, typed, said):
    assert errors(Everything({field: typed}))[field] == [said]


def test_an_empty_file_is_named():
    form = Everything({}, {"file": SimpleUploadedFile("a.txt", b"")})
    assert errors(form)["file"] == [
        "The file for “File” is empty. Choose one that holds something."
    ]


def test_only_what_may_be_left_out_is_called_optional():
    class Asked(Form):
        needed = forms.CharField()
        extra = forms.CharField(required=False)
        either = not_optional(forms.CharField(required=False))

    form = Asked({})
    marked = [field.name for field in form if "(optional)" in field.as_field_group()]
    assert marked == ["extra"]
    assert field_of(form, "either", forms.CharField) is form.fields["either"]
    with pytest.raises(AssertionError, match="either"):
        field_of(form, "either", forms.DateField)


def test_a_summary_names_the_field_once():
    assert told("Reason", "Fill in “Reason”.") == "Fill in “Reason”."
    assert told("By", "Give a date.") == "By: Give a date."


def test_every_form_of_the_project_speaks_these_words():
    import_module("config.urls")  # whose views import every form

    def below(kind):
        return {kind}.union(*map(below, kind.__subclasses__()))

    ours = {app.name for app in apps.get_app_configs() if "site-packages" not in app.path}
    silent = [
        form
        for form in below(forms.BaseForm)
        if form.__module__.split(".")[0] in ours - {"look"} and not issubclass(form, Worded)
    ]
    assert silent == []
