"""A proxy on loopback that brings every byte so many seconds later: `python -m tests.soak.slow SECONDS TARGET PORT`."""

import asyncio
import sys

from tests.bench import delay

if __name__ == "__main__":
    delay.ONE_WAY = float(sys.argv[1])
    asyncio.run(delay._serve(int(sys.argv[2]), int(sys.argv[3])))
