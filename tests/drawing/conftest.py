"""What tests of figures share."""

from support.layout import hostile, readable

__all__ = ["hostile", "readable"]
