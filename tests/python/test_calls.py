"""Calls through the real elb_member against the simulator, by librphost and by the bare ABI."""

import threading
import time

import pytest

import resource_plugin
from conftest import member, members


@pytest.fixture(params=["librphost", "bare"])
def bare(request):
    return request.param == "bare"


@pytest.fixture
def elb(simulator, bare):
    with resource_plugin.open("elb_member", simulator.config, bare=bare) as plugin:
        yield plugin


def test_life_of_two_members(elb, simulator):
    made = elb.create("elb_member", members(2))
    assert made.ok and [one.outcome for one in made] == ["done", "done"]
    assert made[0].state["server_id"] == member(0)["server_id"]
    assert len(simulator.members()) == 2

    again = elb.create("elb_member", [member(0)])
    assert (again.status, again[0].matches) == ("already_exists", True)

    found = elb.read("elb_member", [made[0].state, {"id": made[1].state["id"]}, member(7)])
    assert [one.status for one in found] == ["ok", "ok", "not_found"]

    gone = elb.delete("elb_member", [made[0].state, member(7)])
    assert [one.existed for one in gone] == [True, False]
    assert simulator.members() == [member(1)["server_id"]]


def test_a_bad_record_fails_alone(elb, simulator):
    made = elb.create("elb_member", [member(0), {**member(1), "adress": "x"}])
    assert [one.status for one in made] == ["ok", "invalid_argument"]
    assert made.failed == [made[1]]
    assert made[1].diagnostics[0].path == "/adress"
    assert "address" in made[1].message
    assert len(simulator.members()) == 1


def test_a_refused_request_raises(elb):
    with pytest.raises(resource_plugin.Refused) as caught:
        elb.create("elb_member", [member(0)], options={"wiat": "none"})
    assert caught.value.status == "invalid_argument"
    assert caught.value.diagnostics[0].path == "/options/wiat"
    with pytest.raises(resource_plugin.Refused):
        elb.read("load_balancer", [member(0)])


def test_no_records(elb):
    assert len(elb.create("elb_member", [])) == 0


def test_records_are_no_dict(elb):
    with pytest.raises(TypeError):
        elb.create("elb_member", member(0))


def test_list_in_pages(elb, simulator):
    simulator.post("settings", {"page_cap": 10})
    elb.create("elb_member", members(25))
    pages = list(elb.pages("elb_member", {"listener_id": member(0)["listener_id"]}))
    assert sum(len(page) for page in pages) == 25 and len(pages) >= 3
    listed = {one.state["address"] for one in elb.list("elb_member", {"listener_id": member(0)["listener_id"]})}
    assert listed == {one["address"] for one in members(25)}


def test_list_of_a_missing_parent_raises(elb):
    with pytest.raises(resource_plugin.Refused) as caught:
        list(elb.list("elb_member", {"listener_id": "f" * 32}))
    assert caught.value.status == "not_found"


def test_one_request_for_many(elb, simulator):
    assert elb.create("elb_member", members(100)).ok
    assert simulator.requests("POST") == 1


def test_events_come_on_the_calling_thread(elb):
    threads, states = set(), []

    def on_event(event):
        threads.add(threading.get_ident())
        if event["kind"] == "state":
            states.append(event["state"])

    elb.create("elb_member", members(2), on_event=on_event)
    assert threads == {threading.get_ident()}
    assert len(states) == 2 and all(state["job_id"] for state in states)


def test_an_event_handler_that_raises_ends_the_call(slow_simulator):
    def on_event(event):
        if event["kind"] == "state":
            raise KeyError("mine")

    with resource_plugin.open("elb_member", slow_simulator.config) as elb:
        with pytest.raises(resource_plugin.CallbackError) as caught:
            elb.create("elb_member", [member(0)], on_event=on_event)
    assert isinstance(caught.value.__cause__, KeyError)
    response = resource_plugin.response_of(caught.value)
    assert response[0].status == "cancelled" and response[0].state["job_id"]


def test_timeout(slow_simulator, bare):
    with resource_plugin.open("elb_member", slow_simulator.config, bare=bare) as elb:
        start = time.monotonic()
        made = elb.create("elb_member", [member(0)], timeout=0.5)
        assert time.monotonic() - start < 1.5
    assert (made[0].status, made[0].outcome) == ("deadline_exceeded", "unknown")
    assert made[0].state["job_id"]


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_is_more_than_nothing(elb, timeout):
    with pytest.raises(ValueError):
        elb.read("elb_member", [member(0)], timeout=timeout)


def test_cancel(slow_simulator, bare):
    cancel = threading.Event()
    with resource_plugin.open("elb_member", slow_simulator.config, bare=bare) as elb:
        threading.Timer(0.3, cancel.set).start()
        start = time.monotonic()
        made = elb.create("elb_member", [member(0)], cancel=cancel)
        assert time.monotonic() - start < 1.3
    assert made[0].status == "cancelled" and made[0].state["job_id"]


def test_close_ends_the_calls_of_other_threads(slow_simulator):
    elb = resource_plugin.open("elb_member", slow_simulator.config)
    made = []
    caller = threading.Thread(target=lambda: made.append(elb.create("elb_member", [member(0)])))
    caller.start()
    time.sleep(0.3)
    start = time.monotonic()
    elb.close()
    caller.join()
    assert time.monotonic() - start < 1.3
    assert made[0][0].status == "cancelled"
    with pytest.raises(ValueError, match="closed"):
        elb.read("elb_member", [member(0)])


def test_threads_share_an_instance_and_its_batches(simulator):
    simulator.post("settings", {"latency_ms": 100})
    with resource_plugin.open("elb_member", simulator.config) as elb:
        made = []
        callers = [
            threading.Thread(target=lambda i=i: made.append(elb.create("elb_member", [member(i)])[0]))
            for i in range(16)
        ]
        for one in callers:
            one.start()
        for one in callers:
            one.join()
    assert [one.status for one in made] == ["ok"] * 16
    assert len(simulator.members()) == 16
    assert simulator.requests("POST") < 16


def test_unicode_and_large_numbers_come_back(bare):
    text = "žluťoučký kůň \U0001f40e \u202e"
    with resource_plugin.open("minimal", {}, bare=bare) as notes:
        made = notes.create("note", [{"name": "ü", "text": text}])
        assert made[0].state["text"] == text
        assert notes.read("note", [{"name": "ü"}])[0].state["text"] == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_what_json_has_no_form_for_is_a_value_error(bare, value):
    with resource_plugin.open("minimal", {}, bare=bare) as notes:
        with pytest.raises(ValueError):
            notes.create("note", [{"name": "a", "text": value}])


def test_integers_beyond_2_to_the_53_are_refused(elb):
    with pytest.raises(resource_plugin.Refused) as caught:
        elb.create("elb_member", [{**member(0), "address": 2**53}])
    assert caught.value.status == "invalid_argument"


def test_describe(elb):
    assert elb.describe()["resources"]["elb_member"]["key"] == ["listener_id", "server_id", "address"]


def test_validate(bare):
    with resource_plugin.open("elb_member", bare=bare) as elb:
        unknown = {**member(0), "address": None}
        assert [one.status for one in elb.validate("elb_member", [unknown, {}])] == ["ok", "invalid_argument"]
        assert elb.validate_config({"endpoint": "https://elb.example.com", "project_id": "p", "token": "t"}).ok
        refused = elb.validate_config({"clowd": "otc"})
        assert not refused.ok and refused.diagnostics[0].path == "/config/clowd"
        with pytest.raises(resource_plugin.Refused) as caught:
            elb.create("elb_member", [member(0)])
        assert caught.value.status == "contract"


def test_a_refused_config_raises(bare):
    with pytest.raises(resource_plugin.Refused, match="clowd"):
        resource_plugin.open("elb_member", {"clowd": "otc"}, bare=bare)


def test_no_such_plugin(bare):
    with pytest.raises(resource_plugin.LoadError, match="elb_membr"):
        resource_plugin.open("elb_membr", {}, bare=bare)


def test_no_plugin_at_all(bare, tmp_path):
    path = tmp_path / "text.so"
    path.write_text("no library")
    with pytest.raises(resource_plugin.LoadError, match="text.so"):
        resource_plugin.open(str(path), {}, bare=bare)


def test_more_records_than_a_request_may_have_are_split(simulator, monkeypatch):
    from resource_plugin import _requests

    monkeypatch.setattr(_requests.Description, "max_records", lambda self, resource: 3)
    places = []
    with resource_plugin.open("elb_member", simulator.config) as elb:
        records = members(7)
        records[4] = {"server_id": 1}
        made = elb.create(
            "elb_member",
            records,
            on_event=lambda event: event["kind"] == "state" and places.append(event["record"]),
        )
    assert [one.status for one in made] == ["ok"] * 4 + ["invalid_argument"] + ["ok"] * 2
    assert made.status == "invalid_argument"
    assert sorted(places) == [0, 1, 2, 3, 5, 6]


def test_an_unclosed_plugin_is_warned_about():
    plugin = resource_plugin.open("minimal", {})
    with pytest.warns(ResourceWarning):
        del plugin
