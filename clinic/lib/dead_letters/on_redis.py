"""Dead letters beside a Redis broker, which has no such queue of its own: a hash of them."""

from __future__ import annotations

import redis

from clinic.lib.dead_letters.letter import DeadLetter, from_json

KEY = "clinic:dead-letters"


class OnRedis:
    def __init__(self, broker_url: str) -> None:
        # A worker that could not keep what it cannot do would lose it; a page waits a second.
        self._redis = redis.Redis.from_url(
            broker_url, socket_connect_timeout=1, socket_timeout=2, decode_responses=True
        )

    def keep(self, letter: DeadLetter) -> None:
        self._redis.hset(KEY, letter.id, letter.as_json())

    def all(self) -> list[DeadLetter]:
        return [letter for text in self._redis.hvals(KEY) if (letter := from_json(str(text)))]

    def count(self) -> int:
        return int(self._redis.hlen(KEY))

    def remove(self, letter: DeadLetter) -> None:
        self._redis.hdel(KEY, letter.id)

    def close(self) -> None:
        self._redis.close()
