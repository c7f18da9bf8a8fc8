"""What can go wrong in `workers`.

WorkerError
├── Retryable       an attempt failed and another may succeed (killed child, time limit, full disk)
├── Exhausted       a call failed on every attempt
└── Cancelled       the run was stopped by the person who started it
"""


class WorkerError(Exception):
    """Base of all errors of this package."""


class Retryable(WorkerError):
    """This attempt failed; the next one may not."""


class Exhausted(WorkerError):
    """Every attempt of a call failed; the message names the call and the last reason."""


class Cancelled(WorkerError):
    """The run was stopped."""
