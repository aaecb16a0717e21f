"""Pages about people."""

from django.urls import path

from accounts.views import entrance, people, profile

app_name = "accounts"

urlpatterns = [
    path("setup/", entrance.setup, name="setup"),
    path("demo/sign-in/", entrance.demo_sign_in, name="demo_sign_in"),
    path("invitations/<str:secret>/", entrance.accept_invitation, name="accept"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invitations/<int:pk>/resend/", people.resend, name="resend"),
    path("people/invitations/<int:pk>/withdraw/", people.withdraw, name="withdraw"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/deactivate/", people.deactivate, name="deactivate"),
    path("people/<int:pk>/reactivate/", people.reactivate, name="reactivate"),
    path("profile/", profile.profile, name="profile"),
    path("theme/", profile.theme, name="theme"),
]
