// All routines, and the way to a new one.

import { get } from "./api.js";
import { count, field, h, notice, show } from "./dom.js";

export async function view(main) {
  const { routines } = await get("/api/routines");
  const taken = new Set(routines.map((one) => one.id));
  const said = notice();
  const name = h("input", { name: "new", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true });

  const list = (own) =>
    h(
      "ul",
      { class: "plain routines" },
      routines
        .filter((one) => one.own === own)
        .map((one) =>
          h(
            "li",
            {},
            h(
              "a",
              { class: "card", href: `/plan/${encodeURIComponent(one.id)}` },
              h("strong", {}, one.name || one.id),
              h(
                "span",
                { class: one.mistakes ? "wrong" : "soft" },
                one.mistakes ? count(one.mistakes, "mistake") : one.profiles.join(", "),
              ),
            ),
          ),
        ),
    );

  show(
    main,
    h("h1", {}, "Plan"),
    routines.some((one) => one.own) && [h("h2", {}, "Your routines"), list(true)],
    h("h2", {}, "Routines that come with the trainer"),
    list(false),
    h(
      "form",
      { class: "card new", method: "get", action: "/plan", onsubmit: begin },
      h("h2", {}, "A new routine"),
      field("Its short name", name, "Small letters, digits and hyphens, such as “morning” or “knee-2”."),
      said.place,
      h("div", { class: "row" }, h("button", { class: "primary" }, "Begin")),
    ),
  );

  function begin(event) {
    const id = name.value.trim().toLowerCase().replaceAll(/[ _]+/g, "-");
    name.value = id;
    const wrong = !/^[a-z0-9][a-z0-9-]{0,39}$/.test(id)
      ? "Only small letters, digits and hyphens, please."
      : taken.has(id)
        ? `There is a routine “${id}” already.`
        : "";
    if (!wrong) return;
    event.preventDefault();
    said.bad(wrong);
    name.focus();
  }
}
