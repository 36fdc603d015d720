// What may be wrong, and what to do about it; the clock; the log.

import { get, post } from "./api.js";
import { button, count, h, notice, show } from "./dom.js";

const SIGNS = { ok: "✓", warn: "!", fail: "✕" };
const WORDS = { ok: "fine", warn: "to look at", fail: "wrong" };

export async function view(main) {
  const checks = h("div", { class: "checks", role: "status" });
  const again = button("Check again", examine);
  const clock = h("div", {});
  const lines = h("pre", { tabindex: "0", role: "region", "aria-label": "Log" });
  const log = h(
    "details",
    {
      class: "card",
      ontoggle: () => {
        if (log.open) read();
      },
    },
    h("summary", {}, "What the trainer has logged last"),
    lines,
  );

  show(
    main,
    h("h1", {}, "Health"),
    h(
      "section",
      { class: "block", "aria-labelledby": "checks-title" },
      h("h2", { id: "checks-title" }, "Checks"),
      checks,
      h("div", { class: "row" }, again),
    ),
    h("section", { class: "block", "aria-labelledby": "clock-title" }, h("h2", { id: "clock-title" }, "Clock"), clock),
    log,
  );
  showClock();
  examine();

  async function examine() {
    again.setAttribute("aria-disabled", "true");
    show(checks, h("p", { class: "soft" }, "Looking …"));
    try {
      const found = (await get("/api/health")).checks;
      const wrong = [
        ...found.filter((one) => one.state === "fail"),
        ...found.filter((one) => !["fail", "ok"].includes(one.state)),
      ];
      const fine = found.filter((one) => one.state === "ok");
      show(
        checks,
        h(
          "p",
          { class: wrong.length ? "" : "good" },
          wrong.length ? `${count(wrong.length, "thing")} to look at` : "All is well.",
        ),
        wrong.length > 0 && [
          h("ul", { class: "plain" }, wrong.map(check)),
          h(
            "p",
            { class: "soft" },
            "Commands are for a terminal on the trainer. Speaker and voice are also chosen in the ",
            h("a", { href: "/settings" }, "settings"),
            ", and the clock is set below.",
          ),
        ],
        fine.length > 0 &&
          h(
            "details",
            { class: "card" },
            h("summary", {}, `${count(fine.length, "check")} fine`),
            h("ul", { class: "plain" }, fine.map(check)),
          ),
      );
    } catch (error) {
      show(checks, h("p", { class: "problem" }, error.message));
    }
    again.removeAttribute("aria-disabled");
  }

  function check(one) {
    const how = one.state in SIGNS ? one.state : "warn";
    return h(
      "li",
      { class: `check-line ${how}` },
      h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[how]),
      h(
        "div",
        {},
        h("strong", {}, one.name, h("span", { class: "unseen" }, ` ${WORDS[how]}:`)),
        h("p", {}, one.found),
        one.remedy && h("p", { class: "soft" }, `→ ${one.remedy}`),
      ),
    );
  }

  async function showClock() {
    try {
      const told = await get("/api/clock");
      const said = notice();
      const phone = phoneTime();
      // What stands on the two dials: reminders come by it, whichever zone each believes to be in.
      const differs = Math.abs(Date.parse(`${told.at.slice(0, 19)}Z`) - Date.parse(`${phone.day}T${phone.time}:30Z`)) > 90_000;
      show(
        clock,
        h(
          "p",
          {},
          "The trainer’s clock shows ",
          h("strong", {}, told.at.slice(11, 16)),
          ` on ${told.at.slice(0, 10)} (${told.zone}).`,
        ),
        h("p", { class: differs ? "problem" : "soft" }, differs ? "This phone shows a different time." : "This phone agrees."),
        h("div", { class: "row" }, button("Set it from this phone", set, { class: differs ? "primary" : "" })),
        said.place,
      );
      async function set() {
        try {
          await post("/api/clock", phoneTime());
          await showClock();
          clock.querySelector("button").focus();
        } catch (error) {
          said.bad(error.message);
        }
      }
    } catch (error) {
      show(clock, h("p", { class: "problem", role: "alert" }, error.message));
    }
  }

  async function read() {
    try {
      lines.textContent = (await get("/api/log")).lines.join("\n") || "Nothing yet.";
    } catch (error) {
      lines.textContent = error.message;
    }
    lines.scrollTop = lines.scrollHeight;
  }
}

/** The phone's own time of day and date, for the trainer takes local time. */
function phoneTime() {
  const two = (number) => String(number).padStart(2, "0");
  const at = new Date();
  return {
    time: `${two(at.getHours())}:${two(at.getMinutes())}`,
    day: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
  };
}
