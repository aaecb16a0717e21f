"""The API, and the pages on which people make its tokens."""

from django.urls import include, path

from api.site import addresses
from api.views import tokens

app_name = "api"

urlpatterns = [
    path("profile/tokens/", tokens.tokens, name="tokens"),
    path("profile/tokens/<int:pk>/revoke/", tokens.revoke, name="revoke_token"),
    path("people/tokens/", tokens.all_tokens, name="all_tokens"),
    path("api/v1/", include(addresses())),
]
