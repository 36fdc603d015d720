// What was done: a calendar, the days in a row, and each session with its holds.

import { get } from "./api.js";
import { announce, button, clockwise, count, dated, field, h, lasting, select, show, whose } from "./dom.js";

const AT_FIRST = 2; // months
const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

export async function view(main) {
  const person = new URLSearchParams(location.search).get("person") ?? "";
  const asked = person ? `?person=${encodeURIComponent(person)}` : "";
  const { persons, streak, days } = await get(`/api/days${asked}`);
  const known = new Map(days.map((one) => [one.day, one]));
  const today = days.at(-1)?.day ?? new Date().toISOString().slice(0, 10);

  const chosen = h("section", { class: "chosen", "aria-label": "Sessions" });
  const months = h("section", { class: "months", "aria-label": "Calendar" });
  const more = button("Earlier months", earlier);
  let shown = 0;

  const who =
    persons.length > 1 &&
    field("Who", select([["", "Everybody"], ...persons.map((one) => [one, one])], person, { onchange: choose }));

  show(
    main,
    h("h1", {}, "Days"),
    h("p", { class: "streak" }, h("strong", {}, count(streak, "day")), " in a row"),
    who,
    h(
      "div",
      { class: "sides" },
      h(
        "div",
        { class: "side" },
        months,
        h(
          "div",
          { class: "row" },
          more,
          h("a", { class: "button", href: `/api/days.csv${asked}`, download: "pitrainer.csv" }, "Save as a table (CSV)"),
        ),
      ),
      chosen,
    ),
  );
  async function choose(event) {
    const one = event.target.value;
    history.replaceState(null, "", one ? `/days?person=${encodeURIComponent(one)}` : "/days");
    try {
      await view(main);
      main.querySelector("select").focus();
    } catch (error) {
      show(chosen, h("p", { class: "problem", role: "alert" }, error.message));
    }
  }

  for (let i = 0; i < AT_FIRST; i++) earlier();
  const last = days.findLast((one) => one.sessions.length);
  if (last) sessions(last.day, false);
  else show(chosen, h("p", { class: "soft" }, "No sessions yet. The first one will appear here."));

  function earlier() {
    const [year, month] = today.split("-").map(Number);
    const first = new Date(Date.UTC(year, month - 1 - shown, 1));
    months.append(calendar(first));
    shown += 1;
    const before = new Date(Date.UTC(year, month - 1 - shown + 1, 0)).toISOString().slice(0, 10);
    more.hidden = !days.length || before < days[0].day;
  }

  function calendar(first) {
    const [year, month] = [first.getUTCFullYear(), first.getUTCMonth()];
    const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    const offset = (first.getUTCDay() + 6) % 7;
    const rows = [];
    for (let start = 1 - offset; start <= length; start += 7) {
      const cells = DAYS.map((_, i) => {
        const number = start + i;
        return number < 1 || number > length
          ? h("td")
          : cell(new Date(Date.UTC(year, month, number)).toISOString().slice(0, 10), number);
      });
      rows.push(h("tr", {}, cells));
    }
    return h(
      "table",
      { class: "calendar" },
      h("caption", {}, first.toLocaleDateString("en-GB", { month: "long", year: "numeric", timeZone: "UTC" })),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          DAYS.map((day) =>
            h(
              "th",
              { scope: "col", abbr: day },
              h("span", { "aria-hidden": "true" }, day.slice(0, 2)),
              h("span", { class: "unseen" }, day),
            ),
          ),
        ),
      ),
      h("tbody", {}, rows),
    );
  }

  function cell(day, number) {
    const one = known.get(day);
    const marks = {
      class: `day${day === today ? " today" : ""}${one?.done ? " done" : ""}`,
      "aria-current": day === today && "date",
    };
    if (!one?.sessions.length) return h("td", marks, h("span", {}, String(number)));
    const words = `${dated(day)}: ${one.done ? "done" : `${percent(one.share)} held`}`;
    const press = h(
      "button",
      { type: "button", "aria-label": words, onclick: () => sessions(day, true) },
      h("span", { class: "fill", "aria-hidden": "true" }),
      h("span", {}, String(number)),
      one.done && h("span", { class: "tick", "aria-hidden": "true" }, "✓"),
    );
    press.firstChild.style.height = percent(Math.max(0.08, one.share));
    return h("td", marks, press);
  }

  function sessions(day, moved) {
    const one = known.get(day);
    const title = h("h2", { tabindex: "-1" }, dated(day));
    show(chosen, title, one.sessions.map(session));
    if (!moved) return;
    title.focus({ preventScroll: true });
    title.scrollIntoView({ block: "nearest" });
    announce(`${dated(day)}: ${count(one.sessions.length, "session")}`);
  }
}

function session(one) {
  const time = one.started.split("T")[1]?.slice(0, 5) ?? one.started;
  return h(
    "article",
    { class: "card" },
    h("h3", {}, `${time} · ${one.title}`),
    h(
      "p",
      { class: "soft" },
      [whose(one), `${lasting(one.minutes * 60)}`, one.completed ? "to the end" : "stopped early"].filter(Boolean).join(" · "),
    ),
    table(
      "Exercise",
      one.exercises.map((exercise) => ({ ...exercise, skipped: exercise.skipped > 0 && `${exercise.skipped} skipped` })),
    ),
    everyHold(one),
    one.ratings?.length > 0 && h("p", {}, "Rated: ", one.ratings.map(rating).join(", ")),
  );
}

/** How much was held, a row for each exercise, or for each hold. */
function table(of, rows) {
  return h(
    "table",
    { class: "holds" },
    h("caption", { class: "unseen" }, `How much of each ${of.toLowerCase()} was held`),
    h(
      "thead",
      {},
      h("tr", {}, h("th", { scope: "col" }, of), h("th", { scope: "col" }, "Held"), h("th", { scope: "col" }, "of")),
    ),
    h(
      "tbody",
      {},
      rows.map((row) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, row.name, row.skipped && h("span", { class: "soft" }, ` · ${row.skipped}`)),
          h("td", {}, seconds(row.held)),
          h("td", {}, seconds(row.length)),
        ),
      ),
    ),
  );
}

function everyHold(session) {
  const names = new Map(session.exercises.map((exercise) => [exercise.id, exercise.name]));
  const place = h("div", {});
  const all = h(
    "details",
    {
      ontoggle: () => {
        if (all.open) read();
      },
    },
    h("summary", {}, "Every hold"),
    place,
  );
  return all;

  async function read() {
    try {
      const { holds } = await get(`/api/holds/${session.id}`);
      const inSets = new Set(holds.filter((hold) => hold.set > 1).map((hold) => hold.exercise));
      const name = (hold) =>
        [names.get(hold.exercise), hold.position, inSets.has(hold.exercise) && `set ${hold.set}`].filter(Boolean).join(", ");
      show(
        place,
        table(
          "Hold",
          holds.map((hold) => ({ ...hold, name: name(hold), skipped: hold.skipped && "skipped" })),
        ),
      );
    } catch (error) {
      show(place, h("p", { class: "problem", role: "alert" }, error.message));
    }
  }
}

const seconds = (ms) => clockwise(ms / 1000);
const percent = (share) => `${Math.round(Math.min(1, share) * 100)}%`;
const rating = (one) => `${[one.name, one.question].filter(Boolean).join(", ")} ${one.value} of 10`;
