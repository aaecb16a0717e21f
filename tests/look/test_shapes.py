"""Every shape has words, and nothing a person typed becomes markup."""

import gzip
import re
from pathlib import Path

import pytest
from django.template import Context, Template, TemplateSyntaxError

from look import glyphs
from look.templatetags import shapes

STATIC = Path(__file__).parents[2] / "static"
SYMBOLS = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
NASTY = '<script>alert("typed")</script>'


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def spoken(markup: str) -> str:
    """What a screen reader gets: accessible names and visible text, without hidden drawings."""
    named = re.sub(r"<svg[^>]*aria-label=\"([^\"]*)\".*?</svg>", r"\1", markup, flags=re.S)
    shown = re.sub(r"<(\w+)[^>]*aria-hidden=\"true\".*?</\1>", "", named, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


@pytest.mark.parametrize("kind", glyphs.STATUSES)
def test_every_status_has_a_shape_in_the_sprite_and_says_its_word(kind):
    markup = render("{% status kind word %}", kind=kind, word="So it stands")
    assert spoken(markup) == "So it stands"
    assert set(re.findall(r"#([\w-]+)\"", markup)) <= SYMBOLS


def test_a_status_without_a_word_is_spoken_by_its_kind():
    assert spoken(render('{% status "not_met" %}')) == "Not met"


def test_a_status_without_a_shape_is_a_mistake():
    with pytest.raises(KeyError):
        render('{% status "splendid" "Splendid" %}')


@pytest.mark.parametrize("key", glyphs.LABELS)
def test_every_derived_label_has_a_shape_and_a_word(key):
    markup = render("{% label key %}", key=key)
    assert spoken(markup) == glyphs.LABELS[key][1]
    assert set(re.findall(r"#([\w-]+)\"", markup)) <= SYMBOLS


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("go", "go"),
        ("conditional", "conditional go"),
        ("open", "not yet decided"),
        ("lost", "no longer met"),
    ],
)
def test_a_gate_alone_says_its_state(state, words):
    assert spoken(render("{% gate_diamond state %}", state=state)) == words


def test_a_gate_beside_its_name_is_not_read_twice():
    assert spoken(render('{% gate_diamond "lost" "Gate 2" %}')) == "Gate 2"


def test_a_rating_is_bars_a_word_and_what_is_rated():
    assert spoken(render('{% rating "high" "Data quality" %}')) == "High Data quality"
    assert spoken(render("{% rating level %}", level=None)) == "Not assessed"


def test_stage_marks_tell_a_claim_from_a_passage():
    assert spoken(render("{% stage_marks 3 %}")) == "Stage 3 of 5"
    assert spoken(render("{% stage_marks 5 True %}")) == "Stage 5 of 5, claimed"
    assert spoken(render("{% stage_marks 0 %}")) == "Intake, before stage 1"


@pytest.mark.parametrize(
    ("weeks", "words", "shape"),
    [
        (9, "9 weeks, planned 6 to 12", "circle"),
        (12, "12 weeks, planned 6 to 12", "circle"),
        (13, "13 weeks, planned 6 to 12, past the plan", "f-bad"),
        (400, "400 weeks, planned 6 to 12, past the plan", 'x="97%"'),
    ],
)
def test_weeks_past_the_plan_change_shape_and_words(weeks, words, shape):
    markup = render("{% weeks n 6 12 %}", n=weeks)
    assert spoken(markup) == words
    assert shape in markup


def test_weeks_without_progress_are_a_ring():
    assert "no progress recorded" in spoken(render('{% weeks 5 4 8 "still" %}'))


def test_weeks_in_a_stage_without_a_plan():
    assert spoken(render("{% weeks 31 %}")) == "31 weeks, no plan"


def test_the_ladder_counts_its_squares():
    states = "m" * 15 + "l" + "ppp" + "u"
    assert spoken(render("{% ladder states %}", states=states)) == (
        "Ladder: 15 met, 3 planned, 1 lapsed, 1 unassigned"
    )


def test_segments_count_themselves_unless_they_are_told_what_to_say():
    assert spoken(render('{% segments "mmnsx" %}')) == "2 met, 1 not met, 1 stale, 1 unknown"
    assert spoken(render("{% criteria_bar 7 10 %}")) == "7 of 10 criteria met"


@pytest.mark.parametrize(
    ("value", "better", "fill"),
    [(62, "higher", "f-accent"), (41, "higher", "f-bad"), (41, "lower", "f-accent")],
)
def test_a_bullet_is_judged_in_its_direction(value, better, fill):
    markup = render("{% bullet v 60 high=100 better=b unit='%' %}", v=value, b=better)
    assert fill in markup
    assert spoken(markup) == f"now {value} %, target 60 %"


def test_an_unmeasured_bullet_says_so_and_draws_no_bar():
    markup = render("{% bullet None 60 0 high=100 %}")
    assert spoken(markup) == "not measured, target 60, baseline 0"
    assert "f-bad" not in markup


@pytest.mark.parametrize(("count", "step"), [(1, 1), (2, 2), (4, 4), (5, 5)])
def test_heat_grows_with_the_count(count, step):
    assert f'class="h{step}"' in render("{% heat n 5 %}", n=count)


def test_heat_speaks_of_critical_and_of_none():
    assert spoken(render("{% heat 4 5 True %}")) == "critical, untreated: 4"
    assert spoken(render("{% heat 0 5 %}")) == "none"
    assert spoken(render("{% heat 0 0 %}")) == "none"


def test_many_initiatives_are_counted_by_the_week_instead_of_dotted():
    few, many = [(n % 20, "in") for n in range(40)], [(n % 20, "in") for n in range(41)]
    assert render("{% ageing marks 4 8 %}", marks=few).count("<circle") == 40
    crowd = render("{% ageing marks 4 8 %}", marks=many)
    assert "<circle" not in crowd
    assert "41 initiatives" in spoken(crowd)


def test_ageing_says_how_many_are_late_or_still():
    marks = [(3, "in", ""), (9, "past", "AI-0207"), (5, "still", "")]
    words = spoken(render("{% ageing marks 2 4 %}", marks=marks))
    assert words.startswith("3 initiatives, planned 2 to 4 weeks: 1 past it, 1 without progress")


def test_time_in_stage_says_when_nothing_has_left_yet():
    assert "Nothing has left" in spoken(render("{% time_in_stage None None None 4 8 %}"))
    assert "3.5 over plan" in render("{% time_in_stage 7.5 5 13 2 4 %}")


def test_stacked_parts_say_their_counts():
    assert spoken(render("{% funnel 0 5 1 86 %}")).startswith(
        "0 moved on, 5 here now, 1 stopped or retired"
    )
    assert "NaN" not in render("{% funnel 0 0 0 0 %}")


STAGE = {
    "number": 2,
    "name": "Readiness",
    "note": "4 weeks",
    "state": "now",
    "gate": {"number": 2, "state": "conditional", "note": "14 Sep"},
}


def test_the_way_says_state_and_gates():
    markup = render("{% way stages %}", stages=[STAGE])
    assert 'aria-current="step"' in markup
    assert "now: 4 weeks" in spoken(markup)
    assert "Gate 2 (conditional go) 14 Sep" in spoken(markup)


@pytest.mark.parametrize(
    "source",
    [
        '{% status "met" nasty %}',
        '{% mark "met" nasty %}',
        '{% rating "low" nasty %}',
        '{% gate_diamond "go" nasty %}',
        "{% icon nasty %}",
        '{% icon "met" nasty %}',
        "{% bullet 1 2 unit=nasty %}",
        '{% segments "m" nasty %}',
        "{% heat 1 1 False nasty %}",
        "{% ageing marks %}",
        "{% way stages %}",
    ],
)
def test_what_people_type_is_escaped(source):
    stage = {**STAGE, "name": NASTY, "note": NASTY, "url": NASTY}
    stage["gate"] = {**STAGE["gate"], "note": NASTY}
    for _ in range(2):  # the second comes from the cache
        markup = render(source, nasty=NASTY, marks=[(30, "past", NASTY)], stages=[stage])
        assert "<script" not in markup
        assert '"typed"' not in markup


def test_a_trusted_string_in_the_cache_does_not_let_an_equal_one_through():
    markup = "<b>bold</b>"
    trusted = render("{% status 'met' word %}", word=glyphs.raw(markup))
    typed = render("{% status 'met' word %}", word=markup)
    assert trusted == typed
    assert "<b>" not in typed


def test_shapes_need_no_loading_and_no_inline_style():
    drawn = [
        render(f"{{% {source} %}}")
        for source in ("ladder 'mpalu'", "weeks 3 2 4", "bullet 1 2", "funnel 1 2 3 6")
    ]
    assert all("style=" not in markup for markup in drawn)
    with pytest.raises(TemplateSyntaxError):
        render("{% no_such_shape %}")


def test_signs_are_built_once():
    assert glyphs.ladder("m" * 20) is glyphs.ladder("m" * 20)
    assert shapes.status("met", "Met") is shapes.status("met", "Met")


def test_every_symbol_that_tables_name_is_in_the_sprite():
    named = {
        entry[0]
        for table in (glyphs.STATUSES, glyphs.LABELS, glyphs.GATES)
        for entry in table.values()
    }
    assert named <= SYMBOLS


def test_the_sheet_and_the_sprite_stay_small():
    css, sprite = ((STATIC / name).read_bytes() for name in ("app.css", "icons.svg"))
    assert len(gzip.compress(css)) <= 15_000
    assert len(gzip.compress(sprite)) <= 5_000
