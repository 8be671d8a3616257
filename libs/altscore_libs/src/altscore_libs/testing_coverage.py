"""A pytest plug-in: how often SlipCover takes its probes out of the code, in every worker of the unit suite.

SlipCover hands its own options to no worker of xdist. A worker's probe is taken out after 50 further runs of its line,
each time with a search of every module and every frame for functions to replace, which was a twelfth of the suite's
time. A run of a probe costs a ten-millionth of a search or less, so that a search pays for lines that run very often.
"""

import slipcover.pytest_plugin  # type: ignore[import-untyped]  # SlipCover has no types

RUNS = 20_000

# SlipCover's own plug-in has begun to measure when it is imported, and nothing of ours has been by then.
if (measuring := slipcover.pytest_plugin._slipcover_instance) is not None:
    measuring.d_miss_threshold = RUNS
