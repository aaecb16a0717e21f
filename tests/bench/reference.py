"""R: what a plain page costs here. Signed in, one query, fifty rows, the frame of every page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, engines

from initiatives.models import Initiative

TEMPLATE = """{% extends "base.html" %}{% block content %}
<h1>Initiatives</h1>
<table class="t"><thead><tr><th>Reference</th><th>Name</th><th>Unit</th><th>Owner</th>
<th>Impact class</th><th>Since</th></tr></thead><tbody>
{% for row in rows %}<tr><th>{{ row.reference }}</th><td>{{ row.name }}</td><td>{{ row.unit.label }}
</td><td>{{ row.owner.name }}</td><td>{{ row.impact_class }}</td><td>{{ row.created_at }}</td></tr>
{% endfor %}</tbody></table>{% endblock %}"""


@login_required
def reference(request: HttpRequest) -> HttpResponse:
    rows = Initiative.objects.select_related("unit", "owner").order_by("number")[:50]
    template = engines["django"].from_string(TEMPLATE).template
    return HttpResponse(template.render(RequestContext(request, {"rows": rows})))
