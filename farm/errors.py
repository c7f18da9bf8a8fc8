"""Every error a person can meet, each with the exit status of `farm run`.

FarmError            1
├── Refused          3   the recording cannot become a lesson; says why and what to do
├── EncodeFailed     4   encoding failed on every attempt
└── StoreError       5   the store failed or refused
    ├── NotFound         no such object
    ├── Conflict         a conditional write lost: somebody else wrote first
    ├── Unknown          the answer was lost: the write may or may not have happened; read again
    ├── Stale            a newer fence has written the pointer
    ├── Overtaken        another run has published since this one began: it has to look again
    └── Unsuitable       the store cannot do conditional writes
"""


class FarmError(Exception):
    """Base of all errors of this package; the message is one plain sentence with the way out."""

    status = 1


class Refused(FarmError):
    status = 3


class EncodeFailed(FarmError):
    status = 4


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
