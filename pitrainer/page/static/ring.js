// The ring: how much of a step is over, and the seconds that are left of it.

import { h, svg } from "./dom.js";

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

  /** Run along with a step. `seconds`: they are shown. */
  function run(kind, name, { at, length, held }, clock, seconds) {
    cancelAnimationFrame(frame);
    place.dataset.kind = kind;
    write(word, name);
    write(small, "");
    const whole = length + held;
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
