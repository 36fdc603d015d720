// The trainer's status as it changes, and whether it can be seen at all. Reconnects by itself.

const SILENT = 40_000; // ms: the server says something every 15 s
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
    offset = Infinity;

  function heard(event) {
    // A message is late by its way here, never early: the earliest of them tells the trainer's clock best.
    const { now, status } = JSON.parse(event.data);
    offset = Math.min(offset, performance.now() - now);
    clearTimeout(watch);
    watch = setTimeout(lost, SILENT);
    tries = 0;
    return status;
  }

  function open() {
    offset = Infinity;
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

  function lost() {
    source.close();
    clearTimeout(watch);
    state("The connection is lost. Trying again …");
    watch = setTimeout(open, AGAIN[Math.min(tries++, AGAIN.length - 1)]);
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
