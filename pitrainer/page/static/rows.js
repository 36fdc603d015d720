// Lists of settings that are rows: programs and reminders. A row can be added, moved and removed.

import { WEEKDAYS, button, field, h, select, show, whose } from "./dom.js";

const DAY = Object.fromEntries(WEEKDAYS);

/** What programs and reminders have in common: a routine, whose lengths, how much of them, and for whom. */
function regimen(value, routines, persons, changed) {
  const routine = select(named(routines, value.routine), value.routine, {
    onchange: () => {
      value.routine = routine.value;
      fit();
      changed();
    },
  });
  const profile = h("select", {
    onchange: () => {
      value.profile = profile.value;
      changed();
    },
  });
  const level = h("select", {
    onchange: () => {
      value.level = level.value;
      changed();
    },
  });
  const person = h("input", {
    value: value.person,
    list: persons,
    autocomplete: "off",
    oninput: () => {
      value.person = person.value.trim();
      changed();
    },
  });

  function fit(keep = false) {
    const one = routines.find((of) => of.id === routine.value);
    options(profile, one?.profiles ?? ["adult", "child"], value, "profile", keep);
    options(level, one?.levels ?? ["gentle", "standard", "full"], value, "level", keep);
  }
  fit(true);
  return [
    field("Routine", routine),
    field("For", profile),
    field("Level", level),
    field("Name of the person, if there are several", person),
  ];
}

const named = (routines, kept) => [
  ...routines.map((one) => [one.id, one.name || one.id]),
  ...(routines.some((one) => one.id === kept) ? [] : [[kept, kept]]),
];

function options(control, choices, value, key, keep) {
  const known = choices.includes(value[key]);
  if (!known && !keep) value[key] = choices.includes("standard") ? "standard" : choices[0];
  show(
    control,
    [...choices, ...(known || !keep ? [] : [value[key]])].map((one) =>
      h("option", { value: one, selected: one === value[key] }, one),
    ),
  );
}

/**
 * A row is a line that can be opened.
 * @param {object[]} values - they are changed in place
 * @param {(value: object, changed: () => void) => Node[]} content - what stands in a row
 * @param {(value: object) => string} about - a row in one line
 */
function rows(values, { one, content, about, fresh, most, changed, moves }) {
  const list = h("ol", { class: "plain rows" });
  const add = button(`Add a ${one}`, () => append(fresh()));

  function draw(open = -1) {
    show(
      list,
      values.map((value, i) => {
        const line = h("summary", {}, about(value));
        return h(
          "li",
          {},
          h(
            "details",
            { class: "card", open: i === open },
            line,
            h(
              "fieldset",
              {},
              h("legend", { class: "unseen" }, `${one} ${i + 1}`),
              h(
                "div",
                { class: "cells" },
                content(value, () => {
                  line.textContent = about(value);
                  changed();
                }),
              ),
              h(
                "div",
                { class: "row" },
                moves &&
                  i > 0 &&
                  button("Earlier", () => move(i), { class: "small", "aria-label": `${one} ${i + 1}: earlier` }),
                button("Remove", () => remove(i), { class: "small danger", "aria-label": `Remove ${one} ${i + 1}` }),
              ),
            ),
          ),
        );
      }),
    );
    add.hidden = values.length >= most;
  }

  function append(value) {
    values.push(value);
    draw(values.length - 1);
    changed();
    list.lastElementChild.querySelector("select, input").focus();
  }

  function move(i) {
    values.splice(i - 1, 2, values[i], values[i - 1]);
    draw();
    changed();
    list.children[i - 1].querySelector("summary").focus();
  }
  function remove(i) {
    values.splice(i, 1);
    draw();
    changed();
    add.focus();
  }
  draw();
  return { place: h("div", { class: "listed" }, list, add), add: append };
}

const first = (routines) => ({
  routine: routines[0]?.id ?? "",
  profile: routines[0]?.profiles[0] ?? "adult",
  level: "standard",
  person: "",
});

const titled = (routines, id) => routines.find((one) => one.id === id)?.name || id;

export function programs(values, routines, persons, changed) {
  return rows(values, {
    one: "program",
    most: 9,
    changed,
    moves: true,
    fresh: () => first(routines),
    about: (value) => `${titled(routines, value.routine)} (${whose(value)})`,
    content: (value, edited) => regimen(value, routines, persons, edited),
  });
}

export function reminders(values, routines, persons, changed) {
  return rows(values, {
    one: "reminder",
    most: 20,
    changed,
    moves: false,
    fresh: () => ({ at: "08:00", days: WEEKDAYS.map(([day]) => day), ...first(routines) }),
    about: (value) =>
      [
        value.at,
        value.days.length < 7 && value.days.map((day) => DAY[day]).join(" "),
        titled(routines, value.routine),
        `(${whose(value)})`,
      ]
        .filter(Boolean)
        .join(" "),
    content: (value, edited) => {
      const at = h("input", {
        type: "time",
        value: value.at,
        required: true,
        oninput: () => {
          value.at = at.value;
          edited();
        },
      });
      const days = h(
        "fieldset",
        { class: "days" },
        h("legend", {}, "Days"),
        h(
          "div",
          { class: "week" },
          WEEKDAYS.map(([day, name]) => {
            const box = h("input", {
              type: "checkbox",
              checked: value.days.includes(day),
              onchange: () => {
                value.days = WEEKDAYS.map(([one]) => one).filter((one) =>
                  one === day ? box.checked : value.days.includes(one),
                );
                edited();
              },
            });
            return h("label", {}, box, name);
          }),
        ),
      );
      return [field("Time", at), days, ...regimen(value, routines, persons, edited)];
    },
  });
}
