"""Has another process make the clips that are missing, and follows how far it is."""

import json
import logging
import tempfile
import threading
from collections.abc import Callable, Sequence

from ..audio.clips import ClipCache
from ..core.languages import Phrase
from ..core.messages import Event, Fault, Preparing
from ..core.preparing import Pace, speech
from ..core.units import SECOND, Ms
from .ending import Children

TELL = Ms(5 * SECOND)
"""How often it is told how far it is."""
NEXT = 10
"""Clips that may be made before those that a start waits for: only a new process, which loads the voice again, would turn to
these at once."""

log = logging.getLogger(__name__)


def make_clips(
    command: Sequence[str],
    children: Children,
    phrases: Sequence[Phrase],
    *,
    patience: float | None = None,
    watch: Callable[[], bool] | None = None,
) -> int:
    """Run the command that makes clips, of these phrases, as `Children.run` does; return its exit code.

    What it complains of is logged, for a panel may be on the terminal.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as complaints:
        given.write(json.dumps(phrases).encode())
        given.seek(0)
        try:
            return children.run([*command, "--phrases"], patience, given=given, stderr=complaints, watch=watch)
        finally:
            complaints.seek(0)
            for line in complaints.read().decode(errors="replace").splitlines():
                if not children.ended:
                    log.warning("%s", line.removeprefix("pitrainer: "))


class Preparer:
    """Runs one such process at a time."""

    def __init__(
        self,
        command: Sequence[str],
        children: Children,
        clips: ClipCache,
        phrases: Callable[[], list[Phrase]],
        now: Callable[[], Ms],
        publish: Callable[[Event], None],
        put: Callable[[Fault], None],
        in_session: Callable[[], bool],
    ) -> None:
        """Take what it needs.

        Args:
            command: makes missing clips.
            children: has it end with this process.
            clips: where they are looked for.
            phrases: everything that the trainer can say, in the order in which it is needed. It may take its time.
            now: the clock's.
            publish: is told how far it is.
            put: is told whether phrases have no clip and get none.
            in_session: tells whether a session runs.
        """
        self._command = command
        self._children = children
        self._clips = clips
        self._phrases = phrases
        self._now = now
        self._publish = publish
        self._put = put
        self._in_session = in_session
        self._beginning = threading.Lock()
        self._busy = False
        self._wanted: tuple[Phrase, ...] = ()
        """What a start waits for."""
        self._missing: list[Phrase] = []
        """What the process has yet to make, in its order."""
        self._mute: list[Phrase] = []
        """What cannot be heard, and gets no clip."""
        self._ending = False

    def begin(self) -> None:
        """Look for what is missing, and have it made on a thread of its own; not where that is going on already."""
        with self._beginning:
            if self._ending or self._busy:
                return
            # Until it is known that nothing is missing, a start waits.
            self._busy = self._clips.preparing = True
        phrases = self._phrases()
        if self._clips.missing(phrases):
            threading.Thread(target=self._prepare, args=(phrases,), name="preparing", daemon=True).start()
        else:
            self._busy = self._clips.preparing = False
            self._tell_mute([], phrases)

    def look(self) -> None:
        """Where phrases cannot be heard, look whether somebody has brought their clips."""
        if self._mute and not self._busy and not self._clips.missing(self._mute):
            self._tell_mute([], [])

    def first(self, wanted: tuple[Phrase, ...]) -> None:
        """Have these made first, for a start waits for them."""
        self._wanted = wanted

    def end(self) -> None:
        """Begin nothing more, and say nothing more."""
        self._ending = True

    def _prepare(self, phrases: list[Phrase]) -> None:
        pace, told, why, put_off = Pace(), Ms(self._now() - TELL), "", False

        def watch() -> bool:
            nonlocal told
            self._missing = self._clips.missing(self._missing)
            now, left = self._now(), speech(self._missing)
            self._clips.pace = pace.look(left, now)
            if now - told >= TELL:
                told = now
                until = Ms(round(left / self._clips.pace)) if self._clips.pace else None
                self._publish(Preparing(now, len(phrases) - len(self._missing), len(phrases), until))
            return not self._in_vain()

        try:
            while asked := self._clips.missing([*self._wanted, *phrases]):
                self._wanted, self._missing = (), asked
                code = make_clips(self._command, self._children, asked, watch=watch)
                if code and not self._wanted:
                    why = f"preparing the voice ended with exit code {code}"
                    break
                # To plan every program keeps a session's edges waiting (0.5 s a plan, in the rig): it is done at its end.
                if put_off := self._in_session():
                    break
                # With true lengths a session may be said to take other minutes than was estimated.
                phrases = self._phrases()
                if not self._wanted and set(self._clips.missing(phrases)) <= set(asked):
                    break
        except OSError as error:
            why = f"{self._command[0]}: {error.strerror}"
        self._busy = self._clips.preparing = False
        self._clips.pace = 0.0
        left = self._clips.missing(phrases)
        if why and not self._ending:
            log.warning("; ".join([why, _in_words(left, phrases)] if left else [why]))
        self._publish(Preparing(self._now(), len(phrases) - len(left), len(phrases), ended=True))
        if why or not left:
            self._tell_mute(left, phrases)
        if put_off and not self._in_session():  # its end came just now, and found this thread busy
            self.begin()

    def _tell_mute(self, mute: list[Phrase], phrases: Sequence[Phrase]) -> None:
        self._mute = mute
        self._put(Fault("voice", f"{_in_words(mute, phrases)}; pitrainer doctor says what to do" if mute else ""))

    def _in_vain(self) -> bool:
        """Tell whether the process makes other clips than those that a start waits for; what it makes next may be any."""
        ahead = self._missing[: len(self._wanted) + NEXT]
        if self._wanted and set(self._clips.missing(self._wanted)) <= set(ahead):
            self._wanted = ()
        return bool(self._wanted)


def _in_words(mute: Sequence[Phrase], phrases: Sequence[Phrase]) -> str:
    return f"{len(mute)} of {len(phrases)} phrases cannot be heard"
