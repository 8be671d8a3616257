"""Identifiers as they come in."""

from typing import Annotated

from altscore_libs.types import public_id

RetailerId = Annotated[str, public_id("ret", 16)]
