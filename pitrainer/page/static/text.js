// A text with the numbers of its lines, and the mistakes at their lines.

import { h, show } from "./dom.js";

/** @param {() => void} typed - told each change that the person makes */
export function textField(label, typed) {
  const numbers = h("div", { class: "numbers", "aria-hidden": "true" });
  const area = h("textarea", {
    id: "text",
    wrap: "off",
    spellcheck: "false",
    autocapitalize: "none",
    autocomplete: "off",
    rows: 24,
    "aria-describedby": "mistakes",
    oninput: () => {
      number();
      typed();
    },
    onscroll: () => {
      numbers.scrollTop = area.scrollTop;
    },
  });
  const place = h("div", { class: "text" }, h("label", { for: "text" }, label), h("div", { class: "sheet" }, numbers, area));
  let wrong = new Set(),
    lines = 0;

  function number() {
    const many = area.value.split("\n").length;
    if (many === lines) return;
    lines = many;
    paint();
  }

  function paint() {
    show(
      numbers,
      Array.from({ length: lines }, (_, i) => h("div", { class: wrong.has(i + 1) && "wrong" }, String(i + 1))),
    );
    numbers.scrollTop = area.scrollTop;
  }

  /** Mark the lines that have a mistake. */
  function mark(mistakes) {
    wrong = new Set(mistakes.map((one) => one.line).filter(Boolean));
    area.setAttribute("aria-invalid", String(mistakes.length > 0));
    paint();
  }

  /** Go to a line: it is selected, and in sight. */
  function go(line, column = 1) {
    const before =
      area.value
        .split("\n")
        .slice(0, line - 1)
        .join("\n").length + (line > 1 ? 1 : 0);
    const end = area.value.indexOf("\n", before);
    area.focus({ preventScroll: true });
    area.setSelectionRange(before + Math.max(0, (column || 1) - 1), end < 0 ? area.value.length : end);
    const height = parseFloat(getComputedStyle(area).lineHeight);
    area.scrollTop = Math.max(0, (line - 4) * height);
    area.scrollLeft = 0;
    area.scrollIntoView({ block: "nearest" });
  }

  return {
    place,
    mark,
    go,
    get value() {
      return area.value;
    },
    set value(text) {
      area.value = text;
      number();
    },
  };
}
