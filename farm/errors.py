"""Every error a person can meet, each with the exit status of `farm run`.

FarmError            1
├── Unkeyed          2   a signing key cannot be used: not there, open to others, no passphrase
├── Refused          3   the recording cannot become a lesson; says why and what to do
├── EncodeFailed     4   encoding failed on every attempt
├── Distrusted       6   a catalog that was fetched cannot be trusted; says why
├── ServiceError     2   (`farm.client`) a service refused what was asked; 5: it is away
├── LedgerError      5   the ledger cannot be reached, read or written
│   ├── LedgerBusy       somebody holds it for longer than we wait
│   └── LedgerConflict   a change contradicts what is there: a number taken, a base unknown
└── StoreError       5   the store failed or refused
    ├── NotFound         no such object
    ├── Conflict         a conditional write lost: somebody else wrote first
    ├── Unknown          the answer was lost: the write may or may not have happened; read again
    ├── Stale            a newer fence has written the pointer
    ├── Overtaken        another run has published since this one began: it has to look again
    └── Unsuitable       the store cannot do conditional writes
"""

from enum import StrEnum


class FarmError(Exception):
    """Base of all errors of this package; the message is one plain sentence with the way out."""

    status = 1
    log = ""
    """The end of what a child said before it failed; empty where there was none."""


class Unkeyed(FarmError):
    status = 2


class Refused(FarmError):
    status = 3


class EncodeFailed(FarmError):
    status = 4


class Doubt(StrEnum):
    """Why a catalog is not trusted."""

    UNSIGNED = "unsigned"
    SIGNATURE = "signature"
    """It is not of what is signed: somebody changed it."""
    KEY = "key"
    """Signed, but by nobody who is trusted."""
    LIBRARY = "library"
    """Of another library."""
    OLDER = "older"
    """Older than what was accepted before."""
    EXPIRED = "expired"
    CLOCK = "clock"
    """It was signed in the future, or this clock is wrong."""
    MIXED = "mixed"
    """Its parts do not belong together: a hash, a size or a number is another one."""
    UNREADABLE = "unreadable"


class Distrusted(FarmError):
    """One sentence in Chinese, and one in English."""

    status = 6

    def __init__(self, doubt: Doubt, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.doubt = doubt
        self.zh = zh
        self.en = en


class LedgerError(FarmError):
    status = 5


class LedgerBusy(LedgerError):
    pass


class LedgerConflict(LedgerError):
    pass


class StoreError(FarmError):
    status = 5


class NotFound(StoreError):
    pass


class Conflict(StoreError):
    pass


class Unknown(StoreError):
    pass


class Stale(StoreError):
    pass


class Overtaken(StoreError):
    pass


class Unsuitable(StoreError):
    pass
