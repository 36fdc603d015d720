// Making elements, saying things to screen readers, and how numbers are written.

/** Make an element. Properties that begin with "on" are listeners; null and false leave a property or a child out. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for SVG, whose elements have a namespace of their own. */
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replace what an element contains. */
export function show(element, ...children) {
  element.replaceChildren(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
}

/** Have a screen reader say something, once it has said what it is saying. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** A place for what is wrong, or what was done. It is read out when its text changes. */
export function notice(properties = {}) {
  const place = h("div", { class: "notice", role: "status", ...properties });
  return {
    place,
    clear: () => show(place),
    good: (...what) => show(place, h("p", { class: "good" }, what)),
    bad: (...what) => show(place, h("p", { class: "problem" }, what)),
    show: (...what) => show(place, what),
  };
}

let made = 0;

/** A control with its label above it, and a hint below. */
export function field(label, control, hint = "") {
  control.id ||= `field-${++made}`;
  if (hint) control.setAttribute("aria-describedby", `${control.id}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: control.id }, label),
    control,
    hint && h("p", { class: "hint", id: `${control.id}-hint` }, hint),
  );
}

/** A drop-down list of [value, text]. */
export function select(choices, value, properties = {}) {
  return h(
    "select",
    properties,
    choices.map(([one, text]) => h("option", { value: one, selected: one === value }, text)),
  );
}

export const button = (text, onclick, properties = {}) => h("button", { type: "button", onclick, ...properties }, text);

export const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** "1:05" */
export function clockwise(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** "12 s" or "1 min 5 s" */
export function lasting(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
}

/** "Saturday, 28 November" for 2026-11-28, wherever the phone is. */
export function dated(day, options = { weekday: "long", day: "numeric", month: "long" }) {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString("en-GB", { ...options, timeZone: "UTC" });
}

export const PROFILES = { adult: "adult", child: "child" };
export const WEEKDAYS = [
  ["mon", "Mon"],
  ["tue", "Tue"],
  ["wed", "Wed"],
  ["thu", "Thu"],
  ["fri", "Fri"],
  ["sat", "Sat"],
  ["sun", "Sun"],
];

/** Whose a program is: "Anna, adult" or "adult, gentle". */
export function whose(of) {
  return [of.person, of.profile, of.level && of.level !== "standard" ? of.level : ""].filter(Boolean).join(", ");
}
