"""How often one may ask, by the `limits` library: counted in this process, over a moving window."""

import math
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from farm.web.ports import Rates
from farm.web.sorry import Sorry


class Limiter:
    """Each check raises Sorry 429, with `Retry-After` in seconds, when it is enough."""

    def __init__(self, rates: Rates) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._address = parse(rates.log_in_address)
        self._key = parse(rates.log_in_key)
        self._api = parse(rates.api)
        self._uploads = parse(rates.uploads)

    def may_log_in(self, address: str, key: str) -> None:
        """Before a key is looked at. `key`: its public part, or any text."""
        for limit, whom in ((self._address, address), (self._key, key)):
            if not self._limiter.test(limit, "log-in", whom):
                reset = self._limiter.get_window_stats(limit, "log-in", whom).reset_time
                raise _enough(reset)

    def log_in_failed(self, address: str, key: str) -> None:
        self._limiter.hit(self._address, "log-in", address)
        self._limiter.hit(self._key, "log-in", key)

    def may_ask(self, key: str, *, upload: bool) -> None:
        limit, what = (self._uploads, "upload") if upload else (self._api, "api")
        if not self._limiter.hit(limit, what, key):
            raise _enough(self._limiter.get_window_stats(limit, what, key).reset_time)


def _enough(reset: float) -> Sorry:
    wait = max(1, math.ceil(reset - time.time()))
    return Sorry(
        429,
        f"尝试次数过多，请 {wait} 秒后再试。",
        f"That was too often; try again in {wait} s.",
        headers={"Retry-After": str(wait)},
    )
