"""The pages of imports."""

from django.urls import path

from portfolio.views import import_steps, imports

urlpatterns = [
    path("initiatives/<str:reference>/row/", imports.imported_row, name="imported_row"),
    path("import/", imports.imports, name="imports"),
    path("import/<int:pk>/", imports.batch, name="import_batch"),
    path("import/<int:pk>/file/", imports.original, name="import_file"),
    path("import/<int:pk>/undo/", imports.undo, name="import_undo"),
    path("import/<int:pk>/discard/", imports.discard, name="import_discard"),
    path("import/<int:pk>/columns/", import_steps.columns, name="import_columns"),
    path("import/<int:pk>/reading/", import_steps.reading, name="import_reading"),
    path("import/<int:pk>/values/", import_steps.values, name="import_values"),
    path("import/<int:pk>/dry-run/", import_steps.dry_run, name="import_dry_run"),
    path("import/<int:pk>/dry-run/twins/", import_steps.twins, name="import_twins"),
    path("import/<int:pk>/dry-run/<slug:outcome>/", import_steps.rows, name="import_rows"),
    path("import/<int:pk>/invalid.csv", import_steps.invalid_rows, name="import_invalid"),
    path("import/<int:pk>/answers/", import_steps.answers, name="import_answers"),
    path("import/<int:pk>/confirm/", import_steps.confirm, name="import_confirm"),
]
