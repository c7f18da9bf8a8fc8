"""Options of the commands that ask a service over HTTP."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from farm.client.api import Api

F = TypeVar("F", bound=Callable[..., Any])


def service_options(function: F) -> F:
    """Adds `--server` and `--key`."""
    key = click.option(
        "--key",
        envvar="FARM_KEY",
        required=True,
        metavar="KEY",
        help="The key to ask with; better in the environment than on the command line.",
    )
    server = click.option(
        "--server",
        envvar="FARM_SERVER",
        default="http://127.0.0.1:8080",
        show_default=True,
        metavar="URL",
        help="Where the service is.",
    )
    return server(key(function))


def asking(server: str, key: str) -> Api:
    return Api(server, key)
