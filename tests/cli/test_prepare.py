"""`prepare`: with the clips' true lengths the minutes of a session become others, and those are prepared, too."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.clips import ClipCache
from pitrainer.audio.tones import RATE
from pitrainer.cli import phrases
from pitrainer.cli.main import main
from pitrainer.config.validation import load_all
from pitrainer.core.languages import ENGLISH, Phrase
from pitrainer.core.learned import NOTHING
from pitrainer.core.phrases import all_known
from pitrainer.core.plan import Say
from pitrainer.core.speech import estimate
from pitrainer.core.units import MINUTE
from pitrainer.service.build import clips_of, plan_of

SETTINGS = '[[program]]\nroutine = "neck"\nprofile = "adult"\n'


def test_the_second_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the estimates were wrong: both minutes next to the session's true length have a clip."""
    runs: list[list[Phrase]] = []

    def synthesise(_: object, clips: ClipCache, missing: Sequence[Phrase], **_options: object) -> None:
        """Speak much slower than was estimated."""
        runs.append(list(missing))
        for phrase in missing:
            clips.write(phrase, np.ones(5 * estimate(phrase) * RATE // 2000, np.int16))

    monkeypatch.setattr(phrases, "_synthesise", synthesise)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    settings = tmp_path / "pitrainer.toml"
    settings.write_text(f'paths.cache = "{tmp_path}/clips"\n{SETTINGS}')
    assert main(["prepare", "--config", str(settings)]) == 0

    loaded = load_all(settings, {})
    clips = clips_of(loaded.settings)
    for known in (False, True):
        plan = plan_of(loaded.programs[0], clips, all_known(loaded.programs[0]) if known else NOTHING)
        nearest = [ENGLISH.about_minutes(plan.length // MINUTE + more) for more in (0, 1)]
        assert clips.missing([*plan.phrases(), *plan.spare, *nearest]) == []
        assert sum(cue.phrase in nearest for cue in plan.steps[0].cues if isinstance(cue, Say)) == 1
    first, *later = runs
    assert len(first) > 50
    assert later != []
    assert {phrase.text.split()[0] for look in later for phrase in look} == {"About"}
