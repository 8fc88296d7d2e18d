"""Errors as the Graph API words them."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import JSONResponse


class GraphError(Exception):
    """A refusal; becomes the answer's body."""

    def __init__(
        self, code: int, message: str, subcode: int = 0, status: int = 400, kind: str = "OAuthException",
        transient: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.code = code
        self.status = status
        self.body: dict[str, Any] = {"message": message, "type": kind, "code": code}
        if subcode:
            self.body["error_subcode"] = subcode
        if transient:
            self.body["is_transient"] = True

    def response(self) -> JSONResponse:
        """Returns the answer."""
        return JSONResponse({"error": self.body | {"fbtrace_id": secrets.token_urlsafe(8)}}, self.status)


def parameter(message: str, subcode: int = 0) -> GraphError:
    """Code 100: something in the request is wrong."""
    return GraphError(100, f"(#100) {message}", subcode)


#: What a planned failure says, by code or (code, subcode).
PLANNED: dict[Any, GraphError] = {
    1: GraphError(1, "An unknown error occurred", status=500),
    2: GraphError(2, "An unexpected error has occurred. Please retry your request later.", status=500, transient=True),
    1200: GraphError(1200, "Temporary send message failure. Please try again later.", 2018024),
    4: GraphError(4, "(#4) Application request limit reached"),
    32: GraphError(32, "(#32) Page request limit reached"),
    613: GraphError(613, "(#613) Calls to this api have exceeded the rate limit."),
    80006: GraphError(
        80006, "(#80006) There have been too many calls to this Messenger account. Wait a bit and try again."
    ),
    368: GraphError(368, "The action attempted has been deemed abusive or is otherwise disallowed"),
    551: GraphError(551, "(#551) This person isn't available right now.", 1545041),
    200: GraphError(200, "(#200) Requires pages_messaging permission to manage the object", 2018028, 403),
}
TOKEN_STATES = {
    "unknown": GraphError(190, "Invalid OAuth access token - Cannot parse access token", status=401),
    "not installed": GraphError(190, "Error validating access token: The user has not authorized application.", 458,
                                401),
    "checkpoint": GraphError(190, "Error validating access token: You cannot access the app till you log in", 459, 401),
    "password": GraphError(190, "Error validating access token: The session has been invalidated because the user"
                           " changed their password", 460, 401),
    "expired": GraphError(190, "Error validating access token: Session has expired", 463, 401),
}  # fmt: skip
OUTSIDE_WINDOW = GraphError(10, "(#10) This message is sent outside of allowed window.", 2018278)
CONTROLLED = GraphError(10, "(#10) Another app is controlling this thread now.", 2018300)
NO_SUCH_USER = parameter("No matching user found", 2018001)
NO_PROOF = GraphError(100, "API calls from the server require an appsecret_proof argument", kind="GraphMethodException")
BAD_PROOF = GraphError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")


def planned(what: Any) -> GraphError:
    """Returns the error that a test asked for: a code, or (code, subcode)."""
    key = tuple(what) if isinstance(what, list) else what
    if key in PLANNED:
        return PLANNED[key]
    code, subcode = key if isinstance(key, tuple) else (int(key), 0)
    return GraphError(code, f"(#{code}) planned", subcode)
