"""What a scoring run writes belongs to the trace of the pipeline's run."""

from pathlib import Path

from altscore_libs.trace_context import trace_id_of
from altscore_scoring.model.bundle import Bundle

from .. import synthetic
from ..worker_world import AS_OF, World


async def test_the_events_of_a_scoring_run_have_the_trace_of_the_pipelines_run(
    world: World, trained: tuple[Bundle, Path]
) -> None:
    bundle, folder = trained
    await world.promote(folder, bundle.model_sha256)
    await world.announce(synthetic.gold_table(120, seed=11, as_of_on=AS_OF))
    await world.work()
    events = await world.outbox("score.computed")
    assert {event["trace_id"] for event in events} == {trace_id_of(events[0]["run_id"])}
