"""Reminders sent, and the demo's mailbox."""

from django.urls import path

from reminders import views

app_name = "reminders"

urlpatterns = [
    path("reminders/", views.sent, name="sent"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<int:pk>/", views.mail, name="mail"),
]
