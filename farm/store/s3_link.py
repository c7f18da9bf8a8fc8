"""Addresses of objects that are good for a while, for who has no keys of the bucket."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Linking(Protocol):
    """A store that gives out such addresses."""

    def link(self, name: str, seconds: int, disposition: str | None = None) -> str:
        """A URL anybody may GET for `seconds`; `disposition` is the Content-Disposition it is
        answered with. Raises StoreError."""
        ...
