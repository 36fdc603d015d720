// A routine's plan: its exercises, their steps, and how each sounds.

import { sound } from "./api.js";
import { button, clockwise, count, h, lasting, notice, select, show } from "./dom.js";

const KINDS = {
  intro: "beginning",
  instruct: "instruction",
  ready: "get ready",
  hold: "hold",
  release: "let go",
  ask: "question",
  outro: "end",
};

/** What is said before the first exercise, or after the last. */
function spoken(when, steps) {
  const words = steps.map((step) => step.text).filter(Boolean);
  return words.length > 0 && h("section", { class: "card spoken" }, h("h3", {}, when), h("p", {}, words.join(" ")));
}

/** @param {() => string} text - what is heard when an exercise is to be heard */
export function plan(text) {
  const place = h("div", { class: "plan" });
  const body = h("div", { class: "exercises" });
  const player = h("audio", { controls: true, hidden: true, "aria-label": "Sample" });
  const said = notice();
  let profiles = [],
    profile = "",
    address;

  function showPlan(check) {
    profiles = check.profiles ?? [];
    if (!profiles.length) return show(place, h("p", { class: "soft" }, "The plan appears here once the text has no mistakes."));
    if (!profiles.some((one) => one.profile === profile)) profile = profiles[0].profile;
    const who =
      profiles.length > 1 &&
      select(
        profiles.map((one) => [one.profile, `for ${one.profile === "adult" ? "an adult" : `a ${one.profile}`}`]),
        profile,
        {
          "aria-label": "For whom",
          onchange: (event) => {
            profile = event.target.value;
            exercises();
          },
        },
      );
    show(place, who, said.place, player, body);
    exercises();
  }

  function exercises() {
    const open = new Set([...body.querySelectorAll("details[open]")].map((one) => one.dataset.of));
    const one = profiles.find((of) => of.profile === profile);
    show(
      body,
      h(
        "p",
        { class: "soft" },
        `${count(one.exercises.length, "exercise")}, about ${Math.max(1, Math.round(one.minutes))} min`,
      ),
      spoken("Beginning", one.intro),
      h(
        "ol",
        { class: "plain" },
        one.exercises.map((exercise) =>
          h(
            "li",
            { class: "card" },
            h(
              "div",
              { class: "exercise" },
              h("div", {}, h("h3", {}, exercise.name || exercise.id), h("p", { class: "soft" }, lasting(exercise.seconds))),
              button(toHear(exercise), (event) => hear(exercise, event.currentTarget), { class: "small" }),
            ),
            exercise.steps?.length > 0 &&
              h(
                "details",
                { "data-of": exercise.id, open: open.has(exercise.id) },
                h("summary", {}, "Every step"),
                h(
                  "ol",
                  { class: "steps-list" },
                  exercise.steps.map((step) =>
                    h(
                      "li",
                      { class: step.kind },
                      h("span", { class: "at" }, clockwise(step.at)),
                      h("span", { class: "kind" }, KINDS[step.kind] ?? step.kind),
                      h("span", { class: "words" }, step.text || "", step.kind === "hold" && ` ${lasting(step.seconds)}`),
                    ),
                  ),
                ),
              ),
          ),
        ),
      ),
      spoken("End", one.outro),
    );
  }

  const toHear = (exercise) => ["Hear", h("span", { class: "unseen" }, ` ${exercise.name || exercise.id}`)];

  async function hear(exercise, pressed) {
    said.clear();
    pressed.setAttribute("aria-busy", "true");
    pressed.textContent = "Preparing …";
    try {
      const wave = await sound("/api/sample", { text: text(), exercise: exercise.number, profile });
      URL.revokeObjectURL(address);
      player.src = address = URL.createObjectURL(wave);
      player.hidden = false;
      player.setAttribute("aria-label", `Sample of ${exercise.name || exercise.id}`);
      await player.play().catch(() => player.focus()); // a phone may want a press of its own
    } catch (error) {
      said.bad(error.message);
    }
    pressed.removeAttribute("aria-busy");
    show(pressed, toHear(exercise));
  }

  return { place, show: showPlan };
}
