"""The pages of one initiative, from what it is to the decision at its gate."""

from django.urls import include, path, register_converter

from gates.views import (
    checklists,
    crosswalk,
    decisions,
    delegations,
    dependencies,
    evidence,
    exceptions,
    feeds,
    figures,
    holding,
    initiatives,
    kills,
    measuring,
    money,
    practice,
    premises,
    reach,
    records,
    reviews,
    risks,
    stalls,
)


class ReferenceConverter:
    """``AI-0042``, in whatever case somebody typed it."""

    regex = "[Aa][Ii]-[0-9]{4,9}"

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return value


register_converter(ReferenceConverter, "reference")

app_name = "gates"

one_initiative = [
    path("", initiatives.initiative, name="initiative"),
    path("edit/", initiatives.edit, name="edit"),
    path("people/", initiatives.people, name="people"),
    path("contributors/", initiatives.contributors, name="contributors"),
    path("history/", initiatives.history, name="history"),
    path("pause/", initiatives.pause, name="pause"),
    path("resume/", initiatives.resume, name="resume"),
    path("holding/", holding.holding, name="holding"),
    path("stall/", stalls.stall, name="stall"),
    path("revive/", stalls.revive, name="revive"),
    path("evidence/", evidence.evidence_list, name="evidence_list"),
    path("evidence/add/", evidence.add, name="add_evidence"),
    path("evidence/<int:pk>/", evidence.evidence, name="evidence"),
    path("evidence/<int:pk>/verify/", evidence.verify, name="verify_evidence"),
    path("review/", reviews.review, name="review"),
    path("review/submit/", reviews.submit, name="submit"),
    path("review/withdraw/", reviews.withdraw, name="withdraw"),
    path("review/sign-off/<slug:remit>/", reviews.sign_off, name="sign_off"),
    path("review/objections/<int:pk>/", reviews.answer, name="answer_objection"),
    path("criteria/<slug:key>/", reviews.criterion, name="criterion"),
    path("criteria/<slug:key>/exception/", exceptions.ask, name="ask_exception"),
    path("exceptions/<int:pk>/", exceptions.exception, name="exception"),
    path("exceptions/<int:pk>/end/", exceptions.end, name="end_exception"),
    path("design/<slug:area>/", checklists.design, name="design"),
    path("checks/", checklists.ladder, name="ladder"),
    path("checks/<slug:key>/", checklists.check, name="check"),
    path("sources/", figures.sources, name="sources"),
    path("sources/<int:pk>/", figures.source, name="source"),
    path("dependencies/", dependencies.dependencies, name="dependencies"),
    path("dependencies/<int:pk>/", dependencies.dependency, name="dependency"),
    path("dependencies/failures/<int:pk>/", dependencies.fault, name="fault"),
    path("metrics/", figures.metrics, name="metrics"),
    path("metrics/record/", measuring.record, name="record_figures"),
    path("metrics/<int:pk>/figures/", feeds.figures, name="metric_figures"),
    path("metrics/feeds/<int:pk>/end/", feeds.end, name="end_feed"),
    path("metrics/<int:pk>/", figures.metric, name="metric"),
    path("risks/", risks.risks, name="risks"),
    path("risks/<slug:mode>/", risks.risk, name="risk"),
    path("premises/", premises.premises, name="premises"),
    path("premises/assumptions/<int:pk>/", premises.assumption, name="assumption"),
    path("premises/kill/<int:pk>/", kills.kill, name="kill"),
    path("premises/kill/<int:pk>/settle/", kills.settle, name="settle_kill"),
    path("reach/", reach.reach, name="reach"),
    path("practice/", practice.practice, name="practice"),
    path("records/<slug:kind>/add/", records.add, name="add_record"),
    path("records/<slug:kind>/<int:pk>/", records.change, name="change_record"),
    path("records/<slug:kind>/<int:pk>/do/", records.act, name="act_on_record"),
    path("money/", money.money_page, name="money"),
    path("money/ask/", money.ask, name="ask_for_money"),
    path("money/costs/", money.costs, name="costs"),
    path("money/<int:pk>/approve/", money.approve, name="approve_money"),
    path("money/<int:pk>/release/", money.release, name="release_money"),
    path("money/<int:pk>/thaw/", money.thaw, name="thaw_money"),
    path("money/<int:pk>/withdraw/", money.withdraw, name="withdraw_money"),
    path("crosswalk/", crosswalk.crosswalk, name="crosswalk"),
    path("decide/", decisions.decide, name="decide"),
    path("decisions/<int:pk>/", decisions.decision, name="decision"),
    path("conditions/<int:pk>/", decisions.condition, name="condition"),
]

urlpatterns = [
    path("initiatives/new/", initiatives.create, name="create"),
    path("stand-ins/", delegations.own, name="stand_ins"),
    path("stand-ins/<int:pk>/end/", delegations.end, name="end_delegation"),
    path("people/<int:pk>/stand-ins/", delegations.of_person, name="stand_ins_of"),
    path("initiatives/<reference:reference>/", include(one_initiative)),
]
