"""What content files complain of."""

from __future__ import annotations


class ContentError(ValueError):
    """A content file cannot be read; the message says which, where and what to do (Vietnamese)."""
