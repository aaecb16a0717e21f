from django.urls import include, path

from tests.bench.reference import reference

urlpatterns = [path("bench/reference/", reference), path("", include("config.urls"))]
