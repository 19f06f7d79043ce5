"""The caller's number of threads survives."""

import pytest
import torch

from skbayes.inference import threads_for


@pytest.fixture(autouse=True)
def _two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_small_work_runs_on_one_thread_and_the_setting_comes_back() -> None:
    with threads_for(1e3):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_the_setting_comes_back_after_an_error() -> None:
    with pytest.raises(RuntimeError), threads_for(1e3):
        raise RuntimeError
    assert torch.get_num_threads() == 2


def test_large_work_keeps_the_setting() -> None:
    with threads_for(1e12):
        assert torch.get_num_threads() == 2
