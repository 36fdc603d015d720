// What the person can set. Only what was changed is sent; it is written into the file with its comments kept.

import { get, post, put } from "./api.js";
import { announce, button, count, field, h, notice, select, show } from "./dom.js";
import { phones } from "./phones.js";
import { programs, reminders } from "./rows.js";

const NAMES = {
  volume: "volume",
  soft_max: "the highest volume",
  quiet: "quiet hours",
  quiet_volume: "the highest volume in the quiet hours",
  reminders: "reminders",
  programs: "programs",
  voice: "voice",
  clarity: "clarity",
  card: "sound card",
};

export async function view(main) {
  let { base, values, choices, mistakes } = await get("/api/settings");
  const heading = h("h1", { tabindex: "-1" }, "Settings");
  const form = h("form", { class: "settings", novalidate: true, onsubmit: store });
  const said = notice();
  said.place.tabIndex = -1;
  const both = h("div");
  const elsewhere = h(
    "p",
    { class: "hint" },
    `The volume is ${choices.volume_now} at the moment: it was changed on `,
    h("a", { href: "/" }, "Now"),
    ", with the button or elsewhere.",
  );
  elsewhere.hidden = [null, Math.min(values.volume, values.soft_max)].includes(choices.volume_now);
  const wrong = h("div");
  let now,
    saving = false;

  show(main, heading, wrong, both, form, await phones());
  draw();
  fromElsewhere();
  addEventListener("beforeunload", (event) => {
    if (Object.keys(changes()).length) event.preventDefault();
  });

  /** Draw all as it is in the file, but for what the person has chosen otherwise. */
  function draw(chosen = {}) {
    now = structuredClone({ ...values, ...chosen });
    tell();
    const people = h(
      "datalist",
      { id: "people" },
      [...new Set([...now.programs, ...now.reminders].map((one) => one.person).filter(Boolean))].map((one) =>
        h("option", { value: one }),
      ),
    );
    const save = h(
      "div",
      { class: "save", role: "region", "aria-label": "Save" },
      said.place,
      h(
        "div",
        { class: "row" },
        h("button", { class: "primary" }, "Save"),
        button("Undo", () => {
          said.clear();
          draw();
          heading.focus({ preventScroll: true });
          announce("Undone.");
        }),
      ),
    );
    form.changed = () => {
      save.hidden = !Object.keys(changes()).length && !said.place.childNodes.length;
      save.querySelector(".row").hidden = !Object.keys(changes()).length;
    };
    const changed = () => {
      said.clear();
      form.changed();
    };
    form.programs = programs(now.programs, choices.routines, "people", changed);
    form.reminders = reminders(now.reminders, choices.routines, "people", changed);
    show(
      form,
      people,
      section(
        "programs",
        "Programs",
        "Holding the trainer’s button goes from one to the next. Where several people share the trainer, give each a name.",
        form.programs.place,
      ),
      section(
        "reminders",
        "Reminders",
        "At the set time the trainer asks for the routine, unless it was done that day.",
        form.reminders.place,
      ),
      section(
        "sound",
        "Sound",
        "",
        range("volume", "Volume", changed),
        elsewhere,
        range("soft_max", "Never louder than", changed, 10),
        quiet(changed),
      ),
      section("card", "Speaker", "Which sound card the voice comes out of.", cards(changed)),
      section("voice", "Voice", "", voice(changed)),
      save,
    );
    form.changed();
  }

  /** Tell what somebody has written into the file that is wrong: what is shown for it is not what the file has. */
  function tell() {
    show(
      wrong,
      mistakes.length > 0 &&
        listed(`${count(mistakes.length, "mistake")} in the settings. The defaults are shown here instead.`, mistakes),
    );
  }

  function section(id, title, hint, ...content) {
    return h(
      "section",
      { id, class: "block", "aria-labelledby": `${id}-title` },
      h("h2", { id: `${id}-title` }, title),
      hint && h("p", { class: "soft" }, hint),
      content,
    );
  }

  function range(key, label, changed, least = 0) {
    const level = h("output", { class: "level" }, String(now[key]));
    const slider = h("input", {
      type: "range",
      min: least,
      max: 100,
      step: 5,
      oninput: () => {
        now[key] = Number(slider.value);
        level.textContent = slider.value;
        changed();
      },
    });
    slider.step = now[key] % 5 ? 1 : 5;
    slider.value = now[key];
    slider.id = `range-${key}`;
    level.htmlFor = slider.id;
    return h("div", { class: "field" }, h("label", { for: slider.id }, label), h("div", { class: "volume" }, slider, level));
  }

  function quiet(changed) {
    const on = h("input", { type: "checkbox", checked: Boolean(now.quiet), onchange: read });
    const from = h("input", { type: "time", value: now.quiet?.[0] ?? "22:00", oninput: read });
    const to = h("input", { type: "time", value: now.quiet?.[1] ?? "07:00", oninput: read });
    const times = h(
      "div",
      {},
      h("div", { class: "row" }, field("From", from), field("to", to)),
      range("quiet_volume", "Highest volume in quiet hours", changed),
    );
    times.hidden = !now.quiet;
    function read() {
      now.quiet = on.checked ? [from.value, to.value] : null;
      times.hidden = !on.checked;
      changed();
    }
    return h(
      "div",
      { class: "field" },
      h("label", { class: "check" }, on, "Quiet hours"),
      h("p", { class: "hint" }, "The trainer does not remind then, and what nobody has asked for is softer."),
      times,
    );
  }

  /** One value of a setting that has few. */
  function oneOf(key, value, changed, ...words) {
    const choose = () => {
      now[key] = value;
      changed();
    };
    const radio = h("input", { type: "radio", name: key, value, checked: now[key] === value, onchange: choose });
    return h("label", { class: "check" }, radio, h("span", {}, ...words));
  }

  function cards(changed) {
    const heard = notice();
    const one = (id, name, why, number) =>
      h(
        "li",
        { class: "card" },
        oneOf("card", id, changed, name),
        why && h("p", { class: "hint" }, why),
        number &&
          h(
            "div",
            { class: "row" },
            button("Say your number", (event) => say(id, number, event.currentTarget), {
              class: "small",
              "aria-label": `${name}: say your number, ${number}`,
            }),
          ),
      );
    async function say(card, number, pressed) {
      pressed.setAttribute("aria-busy", "true");
      heard.show(h("p", {}, `Listen for “${number}” …`));
      try {
        await post("/api/cards/say", { card, number });
        heard.show(h("p", {}, `“${number}” was said. Did you hear it? Then this is the card.`));
      } catch (error) {
        heard.bad(error.message);
      }
      pressed.removeAttribute("aria-busy");
    }
    const known = !now.card || choices.cards?.some((of) => of.id === now.card);
    return [
      h(
        "fieldset",
        {},
        h("legend", { class: "unseen" }, "Sound card"),
        h(
          "ul",
          { class: "plain" },
          one("", "Whichever fits best", "A USB card if there is one, else a HAT, HDMI, the headphone jack.", 0),
          (choices.cards ?? []).map((of, i) =>
            one(of.id, of.name || of.id, [of.kind, of.why].filter(Boolean).join(": "), of.number ?? i + 1),
          ),
          !known && one(now.card, now.card, choices.cards && "It is not plugged in now.", 0),
        ),
      ),
      !choices.cards && h("p", { class: "hint" }, "The trainer is not running, and so the other cards are not known."),
      heard.place,
    ];
  }

  function voice(changed) {
    const other = choices.voices.includes(now.voice) ? [] : [now.voice]; // a file somewhere else
    const model = select([...choices.voices, ...other].map(pair), now.voice, {
      onchange: () => {
        now.voice = model.value;
        changed();
      },
    });
    const hints = { natural: "for a quiet room", clear: "across the room", "noisy room": "over voices and dishes" };
    return [
      field("Voice", model),
      h(
        "fieldset",
        { class: "field" },
        h("legend", {}, "How clear"),
        choices.clarities.map(pair).map(([name]) =>
          oneOf("clarity", name, changed, name, hints[name] && h("span", { class: "hint" }, ` ${hints[name]}`)),
        ),
      ),
    ];
  }

  function changes() {
    return Object.fromEntries(
      Object.keys(NAMES)
        .filter((key) => JSON.stringify(now[key]) !== JSON.stringify(values[key]))
        .map((key) => [key, now[key]]),
    );
  }

  async function store(event) {
    event?.preventDefault();
    const sent = structuredClone(changes());
    if (saving || !Object.keys(sent).length) return;
    saving = true;
    said.show(h("p", {}, "Saving …"));
    try {
      const answer = await put("/api/settings", { base, values: sent });
      // Nothing is drawn anew: what somebody has changed while this was saved stays, and is saved next.
      ({ base, mistakes } = answer);
      values = { ...answer.values, ...sent };
      tell();
      if ("volume" in sent) elsewhere.hidden = true; // what is in the settings counts again
      if (answer.not_taken?.length) said.bad("Saved, but the trainer does not use it yet: ", answer.not_taken.join("; "));
      else
        said.good(
          answer.after_session ? "Saved. The trainer will use it after this session." : "Saved. The trainer now uses it.",
        );
    } catch (error) {
      if (error.status === 422) {
        const found = error.answer.mistakes ?? [];
        said.show(listed(`Not saved: ${count(found.length, "mistake")}.`, found));
      } else if (
        (error.status === 409 && error.answer.base !== undefined) ||
        (error.status === 409 && /changed/.test(error.message))
      )
        await choose().catch((failed) => said.bad(failed.message));
      else said.bad(error.message);
    }
    saving = false;
    const pressed = form.querySelector(".save").contains(document.activeElement);
    form.changed();
    if (pressed) said.place.focus(); // the button may be gone
  }

  /** The file was changed by hand meanwhile: both are shown, and the person chooses. */
  async function choose() {
    const theirs = await get("/api/settings");
    const mine = changes();
    const title = h("h2", { tabindex: "-1" }, "Changed by hand meanwhile");
    const row = (key) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, NAMES[key]),
        h("td", {}, written(mine[key])),
        h("td", {}, written(theirs.values[key])),
      );
    show(
      both,
      h(
        "section",
        { class: "card conflict", "aria-label": "Two versions" },
        title,
        h(
          "p",
          {},
          "The settings were changed elsewhere while this page was open. Everything else that was changed there stays in either case.",
        ),
        h(
          "div",
          { class: "wide" },
          h(
            "table",
            { class: "holds" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                h("th", { scope: "col" }, "Setting"),
                h("th", { scope: "col" }, "Yours"),
                h("th", { scope: "col" }, "In the file"),
              ),
            ),
            h("tbody", {}, Object.keys(mine).map(row)),
          ),
        ),
        h(
          "div",
          { class: "row" },
          button("Keep mine", () => done(changes())),
          button("Take the file’s", () => done({})),
        ),
      ),
    );
    said.clear();
    title.focus();
    function done(kept) {
      ({ base, values, choices, mistakes } = theirs);
      draw(kept);
      show(both);
      if (Object.keys(kept).length) store();
    }
  }

  /** A routine's page sends its reader on to here: what it asks for is added, and only needs to be saved. */
  function fromElsewhere() {
    const asked = new URLSearchParams(location.search);
    for (const [key, list] of [
      ["program", form.programs],
      ["remind", form.reminders],
    ]) {
      const routine = choices.routines.find((one) => one.id === asked.get(key));
      if (!routine) continue;
      const value = { routine: routine.id, profile: routine.profiles[0] ?? "adult", level: "standard", person: "" };
      list.add(key === "program" ? value : { at: "08:00", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...value });
      const added = list.place.querySelector("li:last-child");
      added.scrollIntoView({ block: "center" });
      history.replaceState(null, "", "/settings");
    }
  }
}

const listed = (what, mistakes) =>
  h(
    "div",
    { class: "problem" },
    h("p", {}, what),
    h(
      "ul",
      {},
      mistakes.map((one) => h("li", {}, one.text)),
    ),
  );

const pair = (one) =>
  typeof one === "string"
    ? [one, one || "the one that comes with the trainer"]
    : [one.name ?? one.id, [one.name ?? one.id, one.language].filter(Boolean).join(", ")];

function written(value) {
  if (value === null || value === undefined || value === "") return "none";
  if (!Array.isArray(value)) return String(value);
  if (!value.length) return "none";
  return value
    .map((one) =>
      typeof one === "object"
        ? [one.at, one.days?.length < 7 && one.days.join(" "), one.routine, one.profile, one.level, one.person]
            .filter(Boolean)
            .join(" ")
        : one,
    )
    .join(typeof value[0] === "object" ? "; " : " to ");
}
