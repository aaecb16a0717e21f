"""Pages that look across initiatives."""

from django.urls import URLPattern, URLResolver, include, path

from portfolio.views import (
    assigning,
    attention,
    conditions,
    dashboard,
    dependencies,
    exports,
    funds,
    graveyard,
    guidance,
    home,
    intake,
    personal,
    promises,
    proving,
    table,
)

app_name = "portfolio"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("attention/", attention.attention, name="attention"),
    path("portfolio/", table.table, name="table"),
    path("portfolio/assign/", assigning.assign, name="assign"),
    path("portfolio/export/portfolio.<slug:kind>", exports.export, name="export"),
    path("find/", table.search, name="search"),
    path("glossary/", guidance.terms, name="glossary"),
    path("crosswalk/", guidance.crosswalk, name="crosswalk"),
    path(
        "crosswalk/export/crosswalk.<slug:kind>",
        guidance.crosswalk_export,
        name="crosswalk_export",
    ),
    path("proving/", proving.proving, name="proving"),
    path("intake/", intake.intake, name="intake"),
    path("graveyard/", graveyard.graveyard, name="graveyard"),
    path("dependencies/", dependencies.dependencies, name="dependencies"),
    path("dependencies/<int:pk>/", dependencies.dependency, name="dependency"),
    path("funds/", funds.funds, name="funds"),
    path("funds/new/", funds.edit_fund, name="fund_add"),
    path("funds/<int:pk>/", funds.fund, name="fund"),
    path("funds/<int:pk>/edit/", funds.edit_fund, name="fund_edit"),
    path("meetings/", include("portfolio.meeting.urls")),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("promises/", promises.promises, name="promises"),
    path("promises/export/promises.<slug:kind>", promises.promises_export, name="promises_export"),
    path("conditions/", conditions.conditions, name="conditions"),
    path("decisions/", personal.decisions, name="decisions"),
    path("tasks/", personal.tasks, name="tasks"),
    path("inbox/", personal.inbox, name="inbox"),
    path("", include("portfolio.import_urls")),
    path("", include("portfolio.playbook_urls")),
]
