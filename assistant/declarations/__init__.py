"""Declarations: a one-time link to a short form, and the filled paper as PDF and DOCX."""

from assistant.declarations.links import EXPIRED, PATH, delete_expired, new_link
from assistant.declarations.model import KINDS, Kind

__all__ = ["EXPIRED", "KINDS", "PATH", "Kind", "delete_expired", "new_link"]
