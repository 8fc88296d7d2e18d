"""The templates of the pages that citizens see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.templating import Jinja2Templates


def page_templates(demo: bool, **values: Any) -> Jinja2Templates:
    """Returns the templates; each knows whether this is a demo, and `values`."""
    templates = Jinja2Templates(Path(__file__).parent / "templates")
    templates.env.globals |= {"demo": demo, **values}
    return templates
