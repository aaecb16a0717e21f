"""The playbook's pages: to read, to change, to publish, and to move rollouts to."""

from django.urls import URLPattern, path

from portfolio.views import playbook, playbook_draft, playbook_moves

urlpatterns: list[URLPattern] = [
    path("playbook/", playbook.playbook, name="playbook"),
    path("playbook/versions/<int:number>/", playbook.version, name="playbook_version"),
    path("playbook/versions/<int:number>/toml", playbook.as_toml, name="playbook_toml"),
    path("playbook/moves/", playbook_moves.moves, name="playbook_moves"),
    path("playbook/draft/", playbook_draft.draft, name="playbook_draft"),
    path("playbook/draft/toml", playbook_draft.draft_toml, name="playbook_draft_toml"),
    path("playbook/draft/upload/", playbook_draft.upload, name="playbook_upload"),
    path("playbook/draft/publish/", playbook_draft.publish, name="playbook_publish"),
    path("playbook/draft/part/<path:where>/", playbook_draft.part, name="playbook_part"),
    path("playbook/draft/add/<path:where>/", playbook_draft.add, name="playbook_add"),
]
