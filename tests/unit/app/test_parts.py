"""Parts of a periodic task: one that fails holds up none, and is heard of."""

import logging

import pytest

from app.parts import run_each


def test_every_part_has_its_turn_and_the_first_failure_is_raised(caplog: pytest.LogCaptureFixture) -> None:
    done = []

    def fail(error: Exception) -> None:
        done.append(str(error))
        raise error

    with caplog.at_level(logging.ERROR), pytest.raises(ValueError, match="the first"):
        run_each(
            lambda: done.append("before"),
            lambda: fail(ValueError("the first")),
            lambda: done.append("between"),
            lambda: fail(OSError("the second")),
            lambda: done.append("after"),
        )
    assert done == ["before", "the first", "between", "the second", "after"]
    told = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert [str(error) for error in told] == ["the first", "the second"]


def test_nothing_is_raised_if_nothing_fails() -> None:
    done = []
    run_each(lambda: done.append(1), lambda: done.append(2))
    run_each()
    assert done == [1, 2]


def test_an_end_of_the_process_is_no_failure_of_a_part() -> None:
    """A worker that is told to stop stops, and doesn't begin the next part."""
    done = []

    def stop() -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        run_each(stop, lambda: done.append("after"))
    assert done == []
