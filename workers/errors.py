"""What can go wrong in `workers`.

WorkerError
├── Retryable       an attempt failed and another may succeed (killed child, time limit, full disk)
│   └── NodeGone    the node that was to make it takes no calls: nothing was begun
├── Exhausted       a call failed on every attempt
├── Cancelled       the run was stopped by the person who started it
├── JournalLost     the journal cannot be reached for the moment; it is asked again
└── Stopped         the dispatcher ended before the call did: the next one does it
    ├── Stale       a newer dispatcher has the call already
    └── Deposed     this dispatcher has lost its lease
"""


class WorkerError(Exception):
    """Base of all errors of this package."""

    log = ""
    """The end of what the work said before it failed; travels with the error where it was set."""


class Retryable(WorkerError):
    """This attempt failed; the next one may not."""


class NodeGone(Retryable):
    """The node that was to run the call is gone or about to go; the call was not begun."""


class Exhausted(WorkerError):
    """Every attempt of a call failed; the message names the call and the last reason."""


class Cancelled(WorkerError):
    """The run was stopped."""


class JournalLost(WorkerError):
    """The journal could not be reached; nothing is known of what was last told to it."""


class Stopped(WorkerError):
    """The dispatcher ended before the call did. The call has not failed: change nothing of what is
    written of it, the dispatcher that comes next goes on with it."""


class Stale(Stopped):
    """A newer dispatcher has the call."""


class Deposed(Stopped):
    """The dispatcher has lost its lease to another, and has stopped all its calls."""
