"""What the service writes of itself: for people, or a JSON object a line, with job and task ids."""

import logging
import sys
from typing import Any

import structlog

QUIET = ("httpx", "httpcore", "botocore", "boto3", "urllib3", "alembic", "ray")
"""Libraries that tell of every step."""


def _ours(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Without what libraries add for renderers of their own."""
    return {
        name: value
        for name, value in event.items()
        if name not in ("color_message", "_ray_timestamp_ns")
    }


def log_as(kind: str, level: int = logging.INFO) -> None:
    """`kind`: plain or json. Everything of the standard library's logging comes the same way."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _ours]
    if kind == "json":
        last += [structlog.processors.format_exc_info]
        last += [structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        plain = structlog.dev.plain_traceback  # rich ones take seconds, and show what keys are
        last += [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
        ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
