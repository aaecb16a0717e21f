"""The API, and the pages on which people make its tokens."""

from django.urls import include, path

from api.site import addresses

app_name = "api"

urlpatterns = [
    path("api/v1/", include(addresses())),
]
