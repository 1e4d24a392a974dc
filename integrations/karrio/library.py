"""karrio itself, imported without its noise: its log would write addresses and answers, and its own libraries warn of their age."""

from __future__ import annotations

import warnings

from loguru import logger

logger.disable("karrio")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import karrio.sdk as karrio
    from karrio import lib
    from karrio.core import errors, models
    from karrio.providers.ups.error import parse_error_response as parse_ups_errors

__all__ = ["errors", "karrio", "lib", "models", "parse_ups_errors"]
