"""What others write (settings, routines, requests, histories, clips) and what a disk makes of it: nothing of it ends badly.

The cases are the same ones in each run (`derandomize`): a test that fails does so because of the change that it is run on, and
fails again. Other cases are what the hour is for, see `run.py`; what that found is in `corpus`, which is taken first.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from fuzz.target import CORPUS, Case, Check, Target
from fuzz.targets import TARGETS

FOUND = [(target, file) for target in TARGETS.values() for file in target.corpus()]


@pytest.fixture(scope="module")
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS[request.param]


@pytest.fixture(scope="module")
def check(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Check]:
    with target.opened(tmp_path_factory.mktemp(target.name)) as check:
        yield check


@pytest.mark.parametrize(
    ("target", "file"),
    [pytest.param(target.name, file, id=f"{target.name}-{file.stem}") for target, file in FOUND],
    indirect=["target"],
)
def test_corpus(check: Check, file: Path) -> None:
    """What was a finding once is none any more."""
    check(file.read_bytes())


@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_drawn(target: Target, check: Check, tmp_path: Path) -> None:
    """Whatever is drawn, every promise of its target holds."""
    last = tmp_path / f"case.{target.ending}"

    @settings(
        max_examples=target.examples,
        deadline=None,  # a busy machine takes its time; a check that matters for is told by the target's own `Pace`
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(target.drawn)
    def drawn(case: Case) -> None:
        try:
            check(case)
        except Exception as error:
            last.write_bytes(case)
            error.add_note(f"The case is kept as {last}")
            raise

    drawn()


def test_the_corpus_is_of_known_targets() -> None:
    """No folder of the corpus is forgotten when a target gets another name."""
    assert {folder.name for folder in CORPUS.iterdir()} <= set(TARGETS)
