// The ring: how much of a step is over, and the seconds that are left of it.

import { h, svg } from "./dom.js";

const MINUTE = 60_000; // ms: once round, where nobody knows the end
const still = matchMedia("(prefers-reduced-motion: reduce)");

export function ring() {
  const arc = svg("circle", { class: "arc", cx: 50, cy: 50, r: 45, pathLength: 1000 });
  const big = h("span", { class: "big" });
  const word = h("span", { class: "word" });
  const small = h("span", { class: "small" });
  const place = h(
    "div",
    { class: "ring" },
    svg(
      "svg",
      { viewBox: "0 0 100 100", "aria-hidden": "true" },
      svg("circle", { class: "track", cx: 50, cy: 50, r: 45 }),
      arc,
    ),
    h("div", { class: "inside" }, word, big, small),
  );
  let frame = 0;

  function draw(share) {
    arc.style.strokeDasharray = `${Math.round(1000 * Math.min(1, Math.max(0, share)))} 1000`;
    arc.style.opacity = share > 0.001 ? 1 : 0;
  }

  /** Stand still: a share of the ring, and what is written in it. */
  function rest(kind, share, { above = "", number = "", below = "" }) {
    cancelAnimationFrame(frame);
    place.dataset.kind = kind;
    write(word, above);
    write(big, number);
    write(small, below);
    draw(share);
  }

  /** Run along with a step. `seconds`: those that are left are shown; of a set at the person's own pace, those that are over. */
  function run(kind, name, { at, length, held, own }, clock, seconds) {
    cancelAnimationFrame(frame);
    place.dataset.kind = kind;
    write(word, name);
    write(small, "");
    const whole = length + held;
    if (own) {
      (function step() {
        const over = held + clock() - at;
        const full = Math.floor(over / 1000);
        write(big, String(full));
        draw(((still.matches ? full * 1000 : over) % MINUTE) / MINUTE);
        frame = requestAnimationFrame(step);
      })();
      return;
    }
    (function step() {
      const over = Math.min(whole, held + clock() - at);
      const left = Math.max(0, Math.ceil((whole - over) / 1000));
      write(big, seconds ? String(left) : "");
      draw(still.matches ? 1 - (left * 1000) / whole : over / whole);
      if (over < whole) frame = requestAnimationFrame(step);
    })();
  }

  return { place, rest, run };
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
