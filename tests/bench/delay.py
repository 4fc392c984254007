"""A long way on loopback: every byte arrives 50 ms later, in its order, and no slower for being many."""

import asyncio
import sys
from functools import partial

ONE_WAY = 0.05  # seconds


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction of one connection."""
    loop = asyncio.get_running_loop()
    on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    arriving = asyncio.create_task(_arrive(on_the_way, writer))
    while came := await reader.read(1 << 16):
        on_the_way.put_nowait((loop.time() + ONE_WAY, came))
    on_the_way.put_nowait((loop.time() + ONE_WAY, b""))
    await arriving


async def _arrive(on_the_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    while True:
        at, came = await on_the_way.get()
        await asyncio.sleep(at - loop.time())
        if not came:
            writer.close()
            return
        writer.write(came)


async def _connected(target: int, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
    far, forth = await asyncio.open_connection("127.0.0.1", target)
    await asyncio.gather(_pass_on(near, forth), _pass_on(far, back), return_exceptions=True)


async def _serve(target: int, port: int) -> None:
    server = await asyncio.start_server(partial(_connected, target), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
