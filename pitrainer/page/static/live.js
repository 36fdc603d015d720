// The trainer's status as it changes, and whether it can be seen at all. Reconnects by itself.

const SILENT = 40_000; // ms: the server says something every 10 s
const PATIENCE = 5000; // ms
const AGAIN = [1000, 2000, 5000, 10_000];

/**
 * Follow the trainer.
 * @param {(status: object) => void} changed - told each new status
 * @param {(words: string) => void} state - told what is wrong with the connection, or "" when all is well
 * @returns {() => number} the trainer's clock, in ms
 */
export function follow(changed, state) {
  let source,
    watch,
    tries = 0,
    offset = 0,
    fresh = true;

  function heard(event) {
    // A message is late by its way here, never early: the earliest of a connection tells the trainer's clock best.
    const { now, status } = JSON.parse(event.data);
    const late = performance.now() - now;
    offset = fresh ? late : Math.min(offset, late);
    fresh = false;
    clearTimeout(watch);
    watch = setTimeout(lost, SILENT);
    tries = 0;
    return status;
  }

  function open() {
    fresh = true;
    source = new EventSource("/api/events");
    source.addEventListener("status", (event) => {
      const status = heard(event);
      state("");
      changed(status);
    });
    source.addEventListener("alive", heard);
    source.addEventListener("gone", () => state("The trainer is not running. As soon as it is, you will see it here."));
    source.onerror = lost;
  }

  async function lost() {
    const ended = source;
    ended.close();
    clearTimeout(watch);
    state("The connection is lost. Trying again …");
    const reason = await why();
    if (source !== ended || document.hidden) return; // opened anew meanwhile, or will be
    if (reason) state(reason);
    watch = setTimeout(open, AGAIN[Math.min(tries++, AGAIN.length - 1)]);
  }

  /** Ask whether the connection is refused, and why: an EventSource does not tell. */
  async function why() {
    try {
      const answer = await fetch("/api/events", { signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status === 401) location.assign("/pair");
      if (answer.status === 503) return "Too many devices are looking already. Trying again …";
      answer.body.cancel();
    } catch {
      // nobody answers
    }
    return "";
  }

  // A phone in a pocket shows nothing: the page's server may end meanwhile.
  document.addEventListener("visibilitychange", () => {
    source.close();
    clearTimeout(watch);
    if (!document.hidden) open();
  });
  open();
  return () => performance.now() - offset;
}
