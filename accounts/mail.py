"""Letters: plain words and one link, as text and as HTML."""

from collections.abc import Mapping

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


def letter(
    *,
    to: str,
    subject: str,
    text: str,
    path: str,
    act: str,
    why: str,
    headers: Mapping[str, str] | None = None,
) -> EmailMultiAlternatives:
    """A mail that says one thing and leads to one page.

    ``path`` is the page's address on this site, ``act`` the words of its link, ``why`` says at
    the end why somebody gets this.
    """
    context = {"text": text, "url": settings.BASE_URL + path, "act": act, "why": why}
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string("accounts/mail/letter.txt", context),
        to=[to],
        headers=dict(headers or {}),
    )
    message.attach_alternative(render_to_string("accounts/mail/letter.html", context), "text/html")
    return message
