"""PostgreSQL and Redis from their wheels, on unix sockets inside the data directory."""

from helpdesk.embedded.addresses import DESK_USER, celery_url, database_url, redis_url

__all__ = ["DESK_USER", "celery_url", "database_url", "redis_url"]
