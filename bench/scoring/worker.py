"""`python -m bench.scoring.worker`: one of the workers that score the run; several share it.

Says when model and run are in memory, begins with the next line of its input, prints one JSON line at the end, and ends
with its input: PostgreSQL forgets the processor time of a connection that is closed.
"""

import asyncio
import json
import resource
import sys
import time
from typing import Any

from altscore_libs.service import leave_start_up_objects_out_of_collections

from bench.scoring.engine import Parts, opened, plan_and_settings

IDLE_S = 0.1


def main() -> int:
    """Works until the run is scored."""
    plan, settings = plan_and_settings("bench.scoring.worker", __doc__ or "")

    async def whole() -> None:
        async with opened(plan, settings) as parts:
            leave_start_up_objects_out_of_collections()  # as in the service's own process
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            print(json.dumps(await work(parts)), flush=True)
            await asyncio.to_thread(sys.stdin.readline)

    asyncio.run(whole())
    return 0


async def work(parts: Parts) -> dict[str, Any]:
    """Steps as the worker does, without events, revocations and requests; waits where others do all that is left."""
    started, cpu_started = time.perf_counter(), time.process_time()
    steps, idle_s = 0, 0.0
    while (job := await parts.runs.queue_newest()) is not None:
        if await parts.runs.advance(job):
            steps += 1
            if steps % 20 == 0:
                print(f"{steps} chunks after {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
            continue
        await asyncio.sleep(IDLE_S)
        idle_s += IDLE_S
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_s": round(time.process_time() - cpu_started, 1),
        "idle_s": round(idle_s, 1),
        "steps": steps,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    sys.exit(main())
