"""Every address of the site, read from the resolver, with something to fill it in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

# The API's operations have a matrix of their own.
API = "api/v1/"
# Answered before the resolver is asked.
HEALTH = ("/health/live", "/health/ready")


@dataclass(frozen=True)
class Route:
    name: str
    parameters: tuple[str, ...]

    def url(self, arguments: Mapping[str, Any]) -> str:
        """The address, with each parameter taken as ``<route>.<parameter>`` or ``<parameter>``."""
        found = {
            parameter: arguments.get(f"{self.name}.{parameter}", arguments.get(parameter))
            for parameter in self.parameters
        }
        missing = [parameter for parameter, value in found.items() if value is None]
        assert not missing, (
            f"{self.name}: say what {', '.join(missing)} is in the world's arguments"
        )
        return reverse(self.name, kwargs=found)


def _walk(
    resolver: URLResolver, spaces: tuple[str, ...], outer: tuple[str, ...]
) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        assert isinstance(entry, URLPattern | URLResolver)
        parameters = (*outer, *entry.pattern.regex.groupindex)
        if str(entry.pattern) == API:
            continue
        if isinstance(entry, URLResolver):
            inner = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from _walk(entry, inner, parameters)
        else:
            assert entry.name, f"{entry.pattern} has no name"
            yield Route(":".join((*spaces, entry.name)), parameters)


ROUTES = {route.name: route for route in _walk(get_resolver(), (), ())}
