"""R: what a plain page costs here. Signed in, one query, fifty rows, the frame of every page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from initiatives.models import Initiative


@login_required
def reference(request: HttpRequest) -> HttpResponse:
    rows = Initiative.objects.select_related("unit", "owner").order_by("number")[:50]
    return render(request, "bench/reference.html", {"rows": rows})
