"""The control port, plain HTTP on loopback: what was sent, what people say next, what breaks."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators_whatsapp.delivery import Delivery
from simulators_whatsapp.people import button, text
from simulators_whatsapp.world import Faults, World, as_json


class Control:
    """Routes for tests and the demo."""

    def __init__(self, world: World, delivery: Delivery) -> None:
        self._world = world
        self._delivery = delivery

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/sim/stats", self.stats),
                Route("/sim/messages", self.messages),
                Route("/sim/reply", self.reply, methods=["POST"]),
                Route("/sim/faults", self.faults, methods=["POST"]),
            ]
        )

    async def stats(self, _: Request) -> Response:
        """Counts of what happened."""
        return JSONResponse(self._world.counts | {"messages": len(self._world.messages)})

    async def messages(self, request: Request) -> Response:
        """Messages sent to a phone, or all."""
        phone = request.query_params.get("phone")
        found = [as_json(one) for one in self._world.messages if phone in (None, one.to)]
        return JSONResponse({"messages": found})

    async def reply(self, request: Request) -> Response:
        """A person writes or taps."""
        order = await request.json()
        payload = order.get("button")
        content = button(payload, order.get("text", "")) if payload else text(order["text"])
        wamid = self._delivery.inbound(0.0, order["phone"], content, in_reply_to=order.get("in_reply_to"))
        return JSONResponse({"wamid": wamid}, status_code=202)

    async def faults(self, request: Request) -> Response:
        """Orders misbehaviour."""
        order = await request.json()
        self._world.faults = Faults(
            fail_next=int(order.get("fail_next", 0)),
            code=int(order.get("code", 131000)),
            delay_s=float(order.get("delay_s", 0.0)),
        )
        return JSONResponse({"status": "ordered"})
