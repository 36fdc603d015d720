// The file was changed by somebody else meanwhile: both are shown, and the person chooses.

import { button, h } from "./dom.js";

export function conflict(mine, theirs, keep, take) {
  const [left, right] = [mine.split("\n"), theirs.split("\n")];
  const [own, other] = [new Set(left), new Set(right)];
  const title = h("h2", { tabindex: "-1" }, "Changed by somebody else meanwhile");
  const column = (name, lines, known, choice) =>
    h(
      "div",
      { class: "version" },
      h("h3", {}, name),
      h(
        "pre",
        { tabindex: "0", role: "region", "aria-label": name },
        lines.map((line) => (known.has(line) ? `${line}\n` : [h("mark", {}, line || " "), "\n"])),
      ),
      choice,
    );
  const place = h(
    "section",
    { class: "card conflict", "aria-label": "Two versions" },
    title,
    h(
      "p",
      {},
      "What differs is marked. If you keep yours, the other one stays among the earlier versions. If you take the other one, yours is gone.",
    ),
    h(
      "div",
      { class: "sides" },
      column("Yours", left, other, button("Keep mine", keep)),
      column("The other", right, own, button("Take the other", take)),
    ),
  );
  queueMicrotask(() => title.focus());
  return place;
}
