"""A simulator, and plugins of the build tree that RP_BUILD names."""

import os
import sys
from pathlib import Path

import pytest

BUILD = Path(os.environ["RP_BUILD"])
SOURCE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "src/python"), str(SOURCE / "tests/hosts")]
os.environ["RP_PLUGIN_PATH"] = str(BUILD / "plugins")
os.environ["RPHOST_LIBRARY"] = str(BUILD / "src/host/librphost.so.0")

from servers import Simulator, member  # noqa: E402


@pytest.fixture
def simulator():
    made = Simulator(BUILD, "--job-ms", "50")
    yield made
    made.stop()


@pytest.fixture
def slow_simulator():
    """Its jobs take a minute."""
    made = Simulator(BUILD, "--job-ms", "60000")
    yield made
    made.stop()


def members(count):
    return [member(i) for i in range(count)]
