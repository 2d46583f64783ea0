"""Notes and warnings about data, each once in a process."""

import logging
from functools import cache

log = logging.getLogger(__name__)


@cache
def notify(message: str) -> None:
    """Log a message, once in a process: a source is made when a config is checked and when its data are read."""
    log.warning("%s", message)
