"""The caller's number of threads survives."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from skbayes.threads import map_in_threads, threads_for


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


@pytest.mark.parametrize(("n_multiply_adds", "n_threads"), [(1.9e6, 1), (3.5e6, 3), (1e8, 4)])
def test_threads_are_as_many_as_the_work_is_worth(n_multiply_adds: float, n_threads: int) -> None:
    torch.set_num_threads(4)
    with threads_for(n_multiply_adds):
        assert torch.get_num_threads() == n_threads
    assert torch.get_num_threads() == 4


def test_large_work_keeps_the_setting() -> None:
    with threads_for(1e12):
        assert torch.get_num_threads() == 2


def test_two_threads_leave_the_setting_whatever_their_order() -> None:
    entered, may_leave = threading.Barrier(3), [threading.Event(), threading.Event()]
    seen = []

    def work(number: int) -> None:
        with threads_for(1e3):
            entered.wait()
            may_leave[number].wait()
        seen.append(torch.get_num_threads())

    workers = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for worker in workers:
        worker.start()
    entered.wait()
    for number, worker in enumerate(workers):  # the first to come is the first to go
        may_leave[number].set()
        worker.join()
    assert seen == [2, 2]
    assert torch.get_num_threads() == 2
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(torch.get_num_threads).result() == 2


@pytest.mark.parametrize("n_multiply_adds", [1e3, 1e12])
def test_a_map_keeps_the_order_and_passes_errors_on(n_multiply_adds: float) -> None:
    def root(number: int) -> float:
        if number < 0:
            raise ValueError("negative")
        return number**0.5

    assert map_in_threads(root, range(5), n_multiply_adds) == [root(n) for n in range(5)]
    with pytest.raises(ValueError, match="negative"):
        map_in_threads(root, [4, -1], n_multiply_adds)


def test_a_map_of_much_work_uses_the_threads_that_openmp_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("skbayes.threads._openmp_effective_n_threads", lambda: 2)
    together = threading.Barrier(2)  # passed by two at a time alone

    assert len(map_in_threads(lambda _: together.wait(10), range(4), 1e12)) == 4
    assert map_in_threads(lambda _: threading.get_ident(), range(4), 1e3) == (
        [threading.get_ident()] * 4
    )
