"""A cache that pages can do without."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _or_else(instead: Any, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def guarded(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except RedisError as error:
            logger.warning("Redis failed, so this goes without the cache: %s", error)
            return instead

    return guarded


class DispensableCache(RedisCache):
    """Finds and keeps nothing while Redis is away, for what the database can say as well.

    Deleting still fails aloud: a session that somebody ended must not come back with Redis.
    """

    get = _or_else(None, RedisCache.get)
    set = _or_else(None, RedisCache.set)
    has_key = _or_else(False, RedisCache.has_key)
