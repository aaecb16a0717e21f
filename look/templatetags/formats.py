"""How dates, counts and money are written, everywhere the same."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.dateformat import format as write

from look import forms

register = template.Library()


def _local_date(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value


@register.filter
def day(value: date | datetime | None, today: date | None = None) -> str:
    """`16 Nov`, with the year when it is not this one."""
    if not value:
        return ""
    on = _local_date(value)
    return write(on, "j M" if on.year == (today or timezone.localdate()).year else "j M Y")


@register.filter
def moment(value: datetime | None) -> str:
    """`16 Nov 2026, 09:42` in the reader's time zone."""
    if not value:
        return ""
    return write(timezone.localtime(value) if timezone.is_aware(value) else value, "j M Y, H:i")


@register.filter
def days_ago(value: date | datetime | None, today: date | None = None) -> str:
    """`today`, `yesterday`, `11 days ago`, `tomorrow`, `in 3 days`.

    A moment is counted in the reader's zone; a day is a UTC day, the same for everybody.
    """
    if not value:
        return ""
    here = timezone.localdate() if isinstance(value, datetime) else timezone.now().date()
    days = ((today or here) - _local_date(value)).days
    near = {0: "today", 1: "yesterday", -1: "tomorrow"}
    return near.get(days) or (f"{days} days ago" if days > 0 else f"in {-days} days")


@register.filter
def number(value: float | None) -> str:
    """`1,934`; fractions keep up to two digits."""
    if value is None or value == "":
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}"


@register.filter
def plural_count(value: int, word: str) -> str:
    """`{{ 2133|plural_count:"row" }}` is `2,133 rows`; give irregular ones as `reply,replies`."""
    one, _, many = word.partition(",")
    return f"{value:,} {one if value == 1 else many or one + 's'}"


@register.filter
def percent(value: float | None) -> str:
    """A share (0 to 1) as `14 %`, rounded to whole points unless it is below one."""
    if value is None:
        return ""
    points = value * 100
    figure = f"{points:.1f}" if 0 < points < 1 else f"{round(points)}"
    return f"{figure}\N{NO-BREAK SPACE}%"


@register.filter
def money(value: float | None) -> str:
    """Dollars: `$640,000`, and `$2.4 m` from a million."""
    if value is None:
        return ""
    if abs(value) >= 1_000_000:
        return f"${value / 1_000_000:.3g}\N{NO-BREAK SPACE}m"
    return f"${value:,.0f}"


@register.filter
def amount(value: Decimal | None, currency: str = "") -> str:
    """Money to the cent: `USD 1,200.00`, or `1,200.00` where a heading names the currency."""
    if value is None or value == "":
        return ""
    figure = f"{Decimal(value):,.2f}"
    return f"{currency}\N{NO-BREAK SPACE}{figure}" if currency else figure


@register.filter
def initials(name: object) -> str:
    """`Maya Okafor` is `MO`; an address gives its first letter."""
    words = str(name).split("@")[0].replace(".", " ").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


SPELLED = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


@register.filter
def words(value: int) -> str:
    """Counts up to twelve as words, for sentences: `five`, `1,934`."""
    return SPELLED[value] if 0 <= value < len(SPELLED) else f"{value:,}"


@register.filter
def told(error: object, label: object) -> str:
    """An error away from its field, with the field's name: `{{ error|told:field.label }}`."""
    return forms.told(label, error)
