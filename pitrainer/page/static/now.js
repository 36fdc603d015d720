// What the trainer does now, and the orders that steer it.

import { post } from "./api.js";
import { announce, button, count, field, h, notice, select, show, whose } from "./dom.js";
import { follow } from "./live.js";
import { ring } from "./ring.js";

const WORDS = {
  intro: "Listen",
  instruct: "Listen",
  ready: "Get ready",
  hold: "Hold",
  release: "Let go",
  ask: "Answer",
  outro: "Listen",
};
const DONE = "press the trainer’s button when you are done";
const ANSWER = "press the trainer’s button at your number";
const READ = 4000; // ms after it was said, in which what was said can still be read
const REST = 10_000; // ms: a release that is longer is mostly rest
const WITH_SECONDS = new Set(["ready", "hold", "release"]);

export async function view(main) {
  const circle = ring();
  const where = h("p", { class: "where" });
  const title = h("h1", {}, "Looking for the trainer …");
  const position = h("p", { class: "position" });
  const caption = h("p", { class: "caption" });
  const next = h("p", { class: "next" });
  const connection = notice({ class: "notice lost" });
  const faults = notice({ class: "notice faults" });
  const said = notice();
  async function order(command, more = {}) {
    said.clear();
    try {
      await post("/api/order", { command, ...more });
    } catch (error) {
      said.bad(error.message);
      if (status) choose(); // it is as it was
    }
  }

  const primary = button("Start", () => order(status?.state === "running" ? "pause" : "start"), { class: "primary" });
  const steps = h(
    "div",
    { class: "steps" },
    button("Back", () => order("back")),
    button("Next", () => order("next")),
    button("Stop", () => order("stop"), { class: "stop" }),
  );

  const slider = h("input", { type: "range", min: 0, max: 100, step: 5, oninput: loud, onchange: setVolume });
  const level = h("output", { for: "volume", class: "level" });
  slider.id = "volume";
  const programs = select([], "", { id: "program", onchange: () => order("program", { number: Number(programs.value) }) });
  const reminders = h("input", { type: "checkbox", onchange: () => order("reminders", { on: reminders.checked }) });
  const nextReminder = h("p", { class: "hint" });
  const remind = h("div", { class: "field" }, h("label", { class: "check" }, reminders, " Reminders"), nextReminder);

  show(
    main,
    connection.place,
    h(
      "section",
      { class: "stage", "aria-label": "Exercise" },
      h("div", { class: "what" }, where, title, position),
      circle.place,
      caption,
      next,
    ),
    h(
      "section",
      { class: "controls", "aria-label": "Steering" },
      h("div", { class: "pedals" }, primary, steps),
      said.place,
      field("Program", programs),
      h("div", { class: "field" }, h("label", { for: "volume" }, "Volume"), h("div", { class: "volume" }, slider, level)),
      remind,
    ),
    faults.place,
  );

  let status,
    told = "",
    wrong = "",
    shown = 0, // the timer of what was said
    dragging = -Infinity; // since when somebody moves the slider

  function loud() {
    dragging = performance.now();
    level.textContent = slider.value;
    slider.setAttribute("aria-valuetext", slider.value);
  }

  function setVolume() {
    dragging = -Infinity;
    order("volume", { volume: Number(slider.value) });
  }

  function stage() {
    const session = status.session;
    const idle = !session && status.state !== "waiting";
    main.dataset.state = status.state;
    write(where, session?.exercise ? `Exercise ${session.exercise} of ${session.exercises}` : "");
    write(title, session?.name || name(session) || "No program");
    const offer = idle && status.offer;
    write(
      position,
      session ? [session.position, how(session)].filter(Boolean).join(": ") : status.program ? whose(status.program) : "Choose a routine in the settings.",
    );
    write(primary, { ready: offer ? "Go on" : "Start", running: "Pause", paused: "Go on", waiting: "Starts by itself" }[status.state]);
    primary.toggleAttribute("disabled", status.state === "waiting" || !status.program);
    if (steps.contains(document.activeElement) && idle) primary.focus();
    steps.hidden = idle;
    steps.querySelectorAll("button:not(.stop)").forEach((one) => (one.hidden = !session));
    const coming = session?.next;
    write(
      next,
      coming
        ? `Next: ${[coming.name !== session.name && coming.name, coming.position].filter(Boolean).join(", ") || coming.name}`
        : "",
    );
    const left = session || !status.said ? 0 : status.said.at + status.said.length + READ - clock();
    clearTimeout(shown);
    if (left > 0) shown = setTimeout(stage, left);
    const spoken = session || left > 0 ? status.said : null;
    write(caption, spoken?.text ?? (offer ? offer.text : ""));
    caption.lang = spoken?.language ?? "en";
    drawRing(session);
  }

  /** What the person does who is waited for; only the trainer's own button is at hand then. */
  function how(session) {
    if (status.state === "paused") return "";
    return session.step === "ask" ? ANSWER : session.own ? DONE : "";
  }

  function word({ step, repeats, length }) {
    if (step === "hold" && repeats) return "Repeat";
    if (step === "release" && (repeats || length > REST)) return "Rest";
    return WORDS[step] ?? "";
  }

  function name(session) {
    const of = (session ?? status.offer)?.routine;
    return of ? (status.programs.find((one) => one.routine === of)?.title ?? of) : status.program?.title;
  }

  function drawRing(session) {
    if (status.state === "waiting") {
      const made = status.preparing;
      circle.rest("ready", made ? made.made / made.total : 0, {
        above: "Getting ready",
        below: made ? `${made.made} of ${made.total} phrases` : "the voice is prepared",
      });
    } else if (!session) {
      const streak = status.streak > 0 ? `${count(status.streak, "day")} in a row` : "";
      circle.rest("idle", status.done_today ? 1 : 0, { above: status.done_today ? "Done today" : "Ready", below: streak });
    } else if (status.state === "paused") {
      const whole = session.held + session.length;
      const held = session.held + session.paused_at - session.at;
      const hold = session.step === "hold" && whole > 0;
      const seconds = session.own ? Math.floor(held / 1000) : Math.ceil((whole - held) / 1000);
      circle.rest("paused", hold && !session.own ? held / whole : 0, { above: "Paused", number: hold ? String(seconds) : "" });
    } else if (session.step && session.length) {
      circle.run(session.step, word(session), session, clock, WITH_SECONDS.has(session.step));
    } else {
      circle.rest("intro", 0, { above: "Listen" });
    }
  }

  /** Tell a screen reader what has changed: a step, a pause, an end; never a second. */
  function tell() {
    const session = status.session;
    if (session?.step === "release" && status.state === "running") return;
    const now =
      { ready: "Ready", waiting: "The voice is being prepared", paused: "Paused" }[status.state] ??
      [
        session?.name,
        session?.position,
        session && how(session),
        session?.step === "hold" && !session.repeats && session.length && `hold, ${Math.round(session.length / 1000)} seconds`,
      ]
        .filter(Boolean)
        .join(", ");
    if (now && now !== told) announce((told = now));
  }

  function choose() {
    const chosen = status.program ? String(status.program.number) : "";
    const wanted = status.programs.map((one) => [String(one.number), `${one.title} (${whose(one)})`]);
    if (JSON.stringify(wanted) !== programs.dataset.of) {
      programs.dataset.of = JSON.stringify(wanted);
      show(
        programs,
        wanted.map(([value, text]) => h("option", { value }, text)),
      );
    }
    programs.value = chosen;
    programs.toggleAttribute("disabled", status.state !== "ready" || !wanted.length);
    if (performance.now() - dragging > 2000) {
      slider.value = status.volume;
      level.textContent = status.volume;
      slider.setAttribute("aria-valuetext", status.volume);
    }
    const one = status.next_reminder;
    reminders.checked = status.reminders;
    remind.hidden = !one && status.reminders && !status.reminders_wait;
    write(
      nextReminder,
      status.reminders_wait
        ? "They wait until the clock is set: see Health."
        : one
          ? `Next: ${when(one.at)}, ${status.programs.find((of) => of.routine === one.routine)?.title ?? one.routine}`
          : "",
    );
    const found = Object.values(status.faults ?? {});
    if (wrong === (wrong = found.join("\n"))) return; // else its link could hardly be pressed
    faults.show(
      found.map((why) => h("p", { class: "problem" }, why)),
      found.length > 0 && h("p", {}, h("a", { href: "/health" }, "What to do about it")),
    );
  }

  const clock = follow(
    (changed) => {
      if (status && status.state !== changed.state) said.clear();
      status = changed;
      choose();
      stage();
      tell();
    },
    (words) => {
      if (words) connection.bad(words);
      else connection.clear();
      main.classList.toggle("away", Boolean(words));
      if (words && !status) write(title, "No trainer yet");
    },
  );
}

/** "19:30", or "Mon 19:30" when it is not today; `at` has the trainer's zone, which is the room's. */
function when(at) {
  const [day, time] = at.split("T");
  const today = new Date();
  const here = `${today.getFullYear()}-${String(today.getMonth() + 1).padStart(2, "0")}-${String(today.getDate()).padStart(2, "0")}`;
  const weekday = new Date(`${day}T12:00:00Z`).toLocaleDateString("en-GB", { weekday: "short", timeZone: "UTC" });
  return day === here ? time.slice(0, 5) : `${weekday} ${time.slice(0, 5)}`;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
