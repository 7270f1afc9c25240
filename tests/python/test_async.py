"""The coroutines, against the simulator."""

import asyncio
import time

import pytest

import resource_plugin
from conftest import member, members


def test_life(simulator):
    async def main():
        async with resource_plugin.open_async("elb_member", simulator.config) as elb:
            made = await elb.create("elb_member", members(3))
            assert made.ok
            parent = {"listener_id": member(0)["listener_id"]}
            listed = [one.state["id"] async for one in elb.list("elb_member", parent)]
            assert sorted(listed) == sorted(one.state["id"] for one in made)
            assert (await elb.delete("elb_member", [one.state for one in made])).ok

    asyncio.run(main())
    assert simulator.members() == []


def test_concurrent_creates_share_requests(simulator):
    simulator.post("settings", {"latency_ms": 100})

    async def main():
        async with resource_plugin.open_async("elb_member", simulator.config) as elb:
            return await asyncio.gather(*(elb.create("elb_member", [member(i)]) for i in range(16)))

    assert all(one.ok for one in asyncio.run(main()))
    assert simulator.requests("POST") < 16


def test_a_cancelled_task_has_the_states_of_what_was_begun(slow_simulator):
    async def main():
        async with resource_plugin.open_async("elb_member", slow_simulator.config) as elb:
            begun = asyncio.Event()
            task = asyncio.create_task(
                elb.create(
                    "elb_member",
                    [member(0)],
                    on_event=lambda event: event["kind"] == "state" and begun.set(),
                )
            )
            await begun.wait()
            start = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert time.monotonic() - start < 1
            return resource_plugin.response_of(caught.value)

    response = asyncio.run(main())
    assert response[0].status == "cancelled" and response[0].state["job_id"]


def test_the_loop_is_not_blocked(slow_simulator):
    async def main():
        async with resource_plugin.open_async("elb_member", slow_simulator.config) as elb:
            task = asyncio.create_task(elb.create("elb_member", [member(0)], timeout=1))
            start, ticks = time.monotonic(), 0
            while not task.done():
                await asyncio.sleep(0.01)
                ticks += 1
            assert ticks > 20, f"{ticks} ticks in {time.monotonic() - start} s"
            return await task

    assert asyncio.run(main())[0].status == "deadline_exceeded"


def test_wait_for(slow_simulator):
    async def main():
        async with resource_plugin.open_async("elb_member", slow_simulator.config) as elb:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(elb.create("elb_member", [member(0)]), 0.5)

    asyncio.run(main())
