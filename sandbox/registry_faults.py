"""What a registry says when something is wrong: problems as agreed, and answers as nobody agreed."""

from __future__ import annotations

import gzip
import uuid
from typing import Any

from starlette.responses import JSONResponse, Response

FAULTS = (
    "slow", "429", "429_long", "500", "502", "503", "409", "wrong_json", "wrong_types", "missing_field", "duplicates",
    "somebody_else", "too_large", "html", "redirect", "compressed", "bare_404", "not_unicode",
)  # fmt: skip


class Problem(Exception):
    """What is answered instead: the last part of its type, and the status."""

    def __init__(self, status: int, name: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(name)
        self.status, self.name, self.headers = status, name, headers or {}

    def response(self) -> Response:
        """Returns application/problem+json."""
        body = {"type": f"urn:registry:{self.name}", "title": self.name.replace("-", " "), "status": self.status}
        return JSONResponse(body, self.status, self.headers, media_type="application/problem+json")


def broken(fault: str, content: dict[str, Any] | None) -> Response:
    """Returns what goes wrong instead of an answer."""
    good = content or {}
    one = good["members"][0] if good.get("members") else good
    members = {"members": [one]} if "members" in good else one
    json = "application/json"
    match fault:
        case "429":
            return Problem(429, "too-many", {"Retry-After": "1"}).response()
        case "429_long":
            return Problem(429, "too-many", {"Retry-After": "3600"}).response()
        case "500" | "502" | "503":
            return Problem(int(fault), "unavailable").response()
        case "409":
            return Problem(409, "request-in-progress").response()
        case "wrong_json":
            return Response(b'{"members": [{"ref":', media_type=json)
        case "not_unicode":
            return Response(b'{"members": [{"ref": "\xff\xfe"}]}', media_type=json)
        case "wrong_types":
            one["phones"] = "0901000123"
            return JSONResponse(members)
        case "missing_field":
            one.pop("email", None)
            return JSONResponse(members if one else {"member": None})
        case "duplicates":
            other = one | {"ref": uuid.uuid4().hex}
            return JSONResponse({"members": [one, other]} if "members" in good else [one, other])
        case "somebody_else":
            one |= {"ref": uuid.uuid4().hex, "code": "9999999999", "citizen_id": None, "email": "thief@example.com"}
            return JSONResponse(members)
        case "too_large":
            return JSONResponse(good | {"more": "x" * 200_000})
        case "html":
            return Response("<html>Đăng nhập</html>", media_type="text/html")
        case "redirect":
            return Response(status_code=307, headers={"Location": "/v1/elsewhere"})
        case "compressed":
            return Response(gzip.compress(b" " * 50_000_000), headers={"Content-Encoding": "gzip"}, media_type=json)
        case _:
            return Response("404 page not found", 404)
