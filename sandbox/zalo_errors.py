"""Zalo's error numbers and words, as the contract lists them (the spelling is Zalo's)."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

MESSAGES = {
    -32: "Your OA reached limit call api",
    -100: "attachment_id was expired",
    -200: "Send message failed",
    -201: "parameter is invalid!",
    -204: "Offical Account is disable",
    -205: "Offical Account is not exist",
    -209: "Not supported this api",
    -210: "Parameter exceeds allowable limit",
    -211: "Out of quota",
    -212: "App has not registed this api",
    -213: "User has not followed OA",
    -214: "Article is being processed",
    -216: "Access token is invalid",
    -217: "User has blocked invitation from OA",
    -218: "Out of quota receive",
    -219: "App is removed or disabled",
    -220: "access_token is expired or removed",
    -221: "The OA needs to be verified to use this feature",
    -223: "Official Account has not authorized this API",
    -224: "The OA needs to upgrade OA Tier Package to use this feature",
    -227: "User is banned or has been inactive for more than 45 days",
    -230: "User has not interacted with the OA in the past 7 days",
    -232: "User has not interacted with the OA, or the last interaction has expired",
    -233: "message type is invalid or not support",
    -234: "This message cannot be sent at night (10:00PM - 6:00AM)",
    -235: "This API does not support this type of OA",
    -240: "MessageV2 API has been shut down, please switch to MessageV3",
    -242: "Invalid appsecret_proof provided in the API argument",
    -244: "User has restricted this message type from your OA",
    -248: "Violates our platform standards",
    -249: "Template does not support send via UID",
    -320: "Your app needs to connect with Zalo Cloud Account to use the paid feature",
    -321: "Zalo Cloud Account associated with this App is out of money",
}
APP_LIMIT = "Your application reached limit call api"
_OAUTH = {
    -14002: "Invalid appId",
    -14003: "Invalid redirect uri",
    -14004: "Invalid secret key",
    -14005: "Invalid authorization code",
    -14014: "Invalid refresh token.",
    -14018: "Invalid grant type",
}


class Refused(Exception):
    """An application error of the OA API."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(code)
        self.body = {"error": code, "message": message or MESSAGES.get(code, "error")}


def oauth_error(code: int, numbered: bool = True) -> Response:
    """Returns OAuth's other shape of an error, with HTTP 200 as always."""
    words = _OAUTH.get(code, "error")
    body: dict[str, Any] = {
        "error_name": words,
        "error_description": words,
        "error_reason": words,
        "ref_doc": "https://developers.zalo.me/docs/official-account",
    }
    return JSONResponse(({"error": code} if numbered else {}) | body)
