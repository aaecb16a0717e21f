"""Where events are sent: the administrator adds addresses, tries them and switches them off."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import Refused
from accounts.permissions import needs, reader
from accounts.roles import Permission
from webhooks import services
from webhooks.forms import EndpointForm
from webhooks.models import DeliveryState, Endpoint
from webhooks.tasks import deliver

A_PAGE = 50
REFUSED = 422


@needs(Permission.CONNECT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def endpoints(request: HttpRequest) -> HttpResponse:
    """All addresses, and a form for one more, whose secret is shown this once."""
    form = EndpointForm(request.POST if request.method == "POST" else None)
    added: Endpoint | None = None
    if request.method == "POST" and form.is_valid():
        try:
            added = services.add_endpoint(
                by=reader(request), at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error(None, reason)
        else:
            form = EndpointForm()
    waiting = Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING))
    rows = Endpoint.objects.select_related("made_by", "ended_by").annotate(waiting=waiting)
    page = Paginator(rows.order_by("-made_at", "-pk"), A_PAGE)
    return render(
        request,
        "webhooks/endpoints.html",
        {
            "form": form,
            "added": added,
            "page": page.get_page(request.GET.get("page")),
            "nav": "people",
        },
        status=REFUSED if form.errors else 200,
    )


@needs(Permission.CONNECT)
@require_safe
def endpoint(request: HttpRequest, pk: int) -> HttpResponse:
    """One address, and what became of each event that was sent there."""
    found = get_object_or_404(Endpoint.objects.select_related("made_by", "ended_by"), pk=pk)
    deliveries = found.deliveries.newest_first().select_related("event")
    page = Paginator(deliveries, A_PAGE).get_page(request.GET.get("page"))
    context = {"endpoint": found, "page": page, "nav": "people"}
    return render(request, "webhooks/endpoint.html", context)


@needs(Permission.CONNECT)
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the address a test event."""
    found = get_object_or_404(Endpoint.objects.active(), pk=pk)
    services.send_test(endpoint=found, by=reader(request), at=timezone.now())
    deliver.delay()
    messages.success(request, _("A test event is on its way. What it was answered stands below."))
    return redirect("webhooks:endpoint", pk)


@needs(Permission.CONNECT)
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch the address off."""
    found = get_object_or_404(Endpoint, pk=pk)
    services.end_endpoint(endpoint=found, by=reader(request), at=timezone.now())
    messages.success(request, _("Nothing more is sent to %(url)s.") % {"url": found.url})
    return redirect("webhooks:endpoints")
