"""The ledger of conditions owed and of exceptions that count."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import reader as reader_of
from gates.today import today
from portfolio import ledger, waiting

SPONSORS_A_PAGE = 20
EXCEPTIONS_A_PAGE = 50


@login_required
@require_GET
def conditions(request: HttpRequest) -> HttpResponse:
    """By sponsor and aged, with the cap beside each; the sponsor sees their own."""
    reader, day = reader_of(request), today()
    sort = request.GET.get("sort", "")
    sort = sort if sort in ledger.SORTS else "age"
    shows_exceptions = request.GET.get("show") == "exceptions"
    owed, exceptions = ledger.owed_to(reader), ledger.exceptions(reader, day)
    number = request.GET.get("page")
    context = {
        "nav": "decisions",
        "today": day,
        "sort": sort,
        "sorts": [(key, name) for key, (name, _order) in ledger.SORTS.items()],
        "shows_exceptions": shows_exceptions,
        "owed": owed.count(),
        "overdue": owed.filter(due__lt=day).count(),
        "cap": waiting.current_document(request).condition_cap,
    }
    if shows_exceptions:
        requests = Paginator(exceptions, EXCEPTIONS_A_PAGE).get_page(number)
        context |= {"rows": ledger.excepted(list(requests)), "page": requests}
        context["excepted"] = requests.paginator.count
    else:
        found = Paginator(ledger.sponsors(reader, sort, day), SPONSORS_A_PAGE).get_page(number)
        context |= {"accounts": ledger.accounts(reader, list(found), sort, day), "page": found}
        context["excepted"] = exceptions.count()
    return render(request, "portfolio/conditions.html", context)
