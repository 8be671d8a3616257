"""What the generated documents say of errors."""

from typing import Any

from altscore_libs.errors import AltScoreError, Conflict, NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import create_app, router
from pydantic import BaseModel


class Shut(Conflict):
    """It is shut.

    Not for callers' eyes.
    """

    code = "SHUT"


class Thing(BaseModel):
    """A body."""

    name: str


def responses() -> dict[str, dict[str, Any]]:
    """By method."""
    routes = router(responses=error_responses(NotFound))

    @routes.post("/things", responses=error_responses(Conflict, Shut))
    async def post_thing(body: Thing) -> Thing:
        return body

    @routes.get("/things")
    async def get_thing() -> Thing:
        return Thing(name="one")

    app = create_app("things")
    app.include_router(routes)
    return {method: operation["responses"] for method, operation in app.openapi()["paths"]["/things"].items()}


def test_a_route_declares_its_own_and_its_routers_errors_with_their_meaning() -> None:
    declared = responses()["post"]
    assert declared["409"]["description"].splitlines() == [
        "CONFLICT: The request contradicts what already stands.",
        "",
        "SHUT: It is shut.",
    ]
    assert declared["404"]["description"].startswith(f"{NotFound.code}: ")


def test_every_operation_declares_what_is_refused_before_its_route() -> None:
    declared = responses()
    assert declared["get"].keys() >= {"431", "500"}
    assert not declared["get"].keys() & {"400", "408", "413", "415"}  # it takes nothing
    assert declared["post"].keys() >= {"400", "408", "413", "415", "431", "500"}


def test_every_refusal_is_a_problem_document_and_no_answer_of_the_framework_is_left() -> None:
    for declared in responses().values():
        assert "422" not in declared
        for status, response in declared.items():
            assert ("application/problem+json" in response["content"]) == (status == "default" or status >= "400")
    assert AltScoreError.code in responses()["get"]["500"]["description"]
