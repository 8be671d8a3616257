"""The form by which a browser brings a response."""

from urllib.parse import parse_qs

from altscore_libs.errors import InvalidRequest, UnsupportedMediaType
from altscore_libs.web import read_body
from fastapi import Request

FORM = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 131_072
FORM_DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {"SAMLResponse": {"type": "string"}, "RelayState": {"type": "string"}},
                    "required": ["SAMLResponse"],
                }
            }
        },
    }
}


async def read_form(request: Request) -> dict[str, str]:
    """The two fields of the form, each once at most.

    Raises:
        UnsupportedMediaType, PayloadTooLarge: no form, or a larger one.
        InvalidRequest: another form.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
        raise UnsupportedMediaType(f"the body must be declared as {FORM}")
    body = await read_body(request, MAX_FORM_BYTES)
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, keep_blank_values=True, max_num_fields=8)
    except ValueError as error:
        raise InvalidRequest("the body is no such form") from error
    if len(fields.get("SAMLResponse", ())) != 1 or len(fields.get("RelayState", [""])) != 1:
        raise InvalidRequest("the form must hold SAMLResponse once, and RelayState at most once")
    return {name: fields[name][0] for name in ("SAMLResponse", "RelayState") if name in fields}
