"""The least that the same server can do: Starlette says hello, on uvicorn as the pages are served."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


async def hello(request: Request) -> Response:
    """Says hello."""
    return PlainTextResponse("hello")


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[Route("/hello", hello)]),
        port=int(sys.argv[1]),
        access_log=False,
        log_config=None,
        server_header=False,
        lifespan="off",
    )
