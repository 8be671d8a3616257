"""HTTP of every service: strict JSON in, problem documents out, a request id on every response, the caller's name."""

from altscore_libs.problem import SECURITY_HEADERS
from altscore_libs.web.app import create_app, services_of
from altscore_libs.web.bodies import BODY_S, DEFAULT_BODY_BYTES, MIN_BODY_BYTES_PER_S, body_of, is_gzip, read_body
from altscore_libs.web.context import (
    CLIENT_CLOSED_REQUEST,
    RequestContext,
    internal_error_response,
    observe,
    request_id,
    uuid_of,
    with_default_headers,
)
from altscore_libs.web.problems import install_error_handlers, problem
from altscore_libs.web.routing import (
    HotRoute,
    StrictRequest,
    StrictRoute,
    add_hot_route,
    allow_callers,
    peer,
    public,
    require_caller,
    router,
)

__all__ = [
    "BODY_S",
    "CLIENT_CLOSED_REQUEST",
    "DEFAULT_BODY_BYTES",
    "MIN_BODY_BYTES_PER_S",
    "SECURITY_HEADERS",
    "HotRoute",
    "RequestContext",
    "StrictRequest",
    "StrictRoute",
    "add_hot_route",
    "allow_callers",
    "body_of",
    "create_app",
    "install_error_handlers",
    "internal_error_response",
    "is_gzip",
    "observe",
    "peer",
    "problem",
    "public",
    "read_body",
    "request_id",
    "require_caller",
    "router",
    "services_of",
    "uuid_of",
    "with_default_headers",
]
