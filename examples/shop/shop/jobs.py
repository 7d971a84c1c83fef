"""The queue of orders to ship: a Redis list. Every method raises redis.RedisError without Redis."""

import redis

_QUEUE = "shop:orders-to-ship"
_LIMIT = 3.0


class Jobs:
    """Numbers of orders, first in, first out; safe for threads."""

    def __init__(self, url: str) -> None:
        # Also covers connecting, and the blocking take, so it is longer than that one's wait.
        self._redis = redis.Redis.from_url(url, socket_timeout=_LIMIT, decode_responses=True)

    def put(self, order_id: int) -> None:
        """Add a job behind the others."""
        self._redis.lpush(_QUEUE, str(order_id))

    def take(self) -> int | None:
        """The job that waited longest, or None when there is none for a second."""
        job = self._redis.brpop([_QUEUE], timeout=1)
        return int(job[1]) if job else None

    def waiting(self) -> int:
        """How many jobs nobody has taken."""
        return int(self._redis.llen(_QUEUE))

    def answers(self) -> bool:
        """Whether Redis answers now."""
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False
