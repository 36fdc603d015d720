// The phones that may see and steer the trainer, and how one is sent away.

import { get, post } from "./api.js";
import { button, h, notice, show } from "./dom.js";

export async function phones() {
  const list = h("ul", { class: "plain" });
  const said = notice();
  said.place.tabIndex = -1;
  await draw();
  return h(
    "section",
    { id: "phones", class: "block", "aria-labelledby": "phones-title" },
    h("h2", { id: "phones-title" }, "Phones"),
    h(
      "p",
      { class: "soft" },
      "These may see this page and steer the trainer. Another one is let in at the trainer itself: hold its button past the round of volumes, and it says a code.",
    ),
    list,
    said.place,
  );

  async function draw() {
    const { pairings } = await get("/api/pairings");
    show(
      list,
      pairings.map((one) =>
        h(
          "li",
          { class: "card" },
          h("strong", {}, one.name, one.this && " (this one)"),
          h("p", { class: "soft" }, `since ${one.paired}, last here ${one.used}`),
          h(
            "div",
            { class: "row" },
            button("Forget", () => forget(one), { class: "small danger", "aria-label": `Forget ${one.name}` }),
          ),
        ),
      ),
    );
  }

  async function forget(one) {
    try {
      await post("/api/forget", { id: one.id });
      if (one.this) return location.assign("/pair");
      await draw();
      said.good(`${one.name} is forgotten.`);
      said.place.focus(); // the button is gone
    } catch (error) {
      said.bad(error.message);
    }
  }
}
