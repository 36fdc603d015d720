"""Synthesises what is missing in the clip cache. Runs in a process of its own: a trainer never loads Piper."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from ..audio.clips import ClipCache
from ..core.languages import Phrase
from ..errors import PitrainerError, VoiceError
from ..files import NotRegularError
from .synthesis import Voice


def synthesise(cache: ClipCache, voice: Voice, phrases: Sequence[Phrase], done: Callable[[], None], workers: int = 1) -> None:
    """Synthesise phrases into the cache, in their order, calling `done` after each.

    One voice serves so many threads (`memory.workers`), each of which runs it alone: with two on two cores 1.3 times the speed
    of onnxruntime's own threads (measured). What cannot be spoken, or kept since something is in its clip's place, is reported
    when the rest is there.

    Only this thread writes, so that a signal that interrupts it leaves no part of a clip. It waits for no thread then: a long
    sentence takes a slow Pi a minute, in the middle of which nothing stops it.

    Raises:
        VoiceError: for all phrases that have no clip now, with the reasons.
        PitrainerError: if the cache cannot be written.
    """
    failed: list[str] = []
    pool = ThreadPoolExecutor(workers)
    try:
        making = {pool.submit(voice.say, phrase.text): phrase for phrase in phrases}
        for made in as_completed(list(making)):
            phrase = making.pop(made)  # and with it the samples
            try:
                cache.write(phrase, made.result())
            except VoiceError as error:
                failed.append(str(error))
            except NotRegularError as error:
                failed.append(f"{cache.path(phrase)}: the clip of {phrase.text!r} cannot be written: {error.strerror}")
            except OSError as error:
                raise PitrainerError(f"{cache.folder}: clips cannot be written: {error.strerror}") from error
            done()
    except Exception:
        pool.shutdown(cancel_futures=True)
        raise
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    if failed:
        raise VoiceError(*failed)
