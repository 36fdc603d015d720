// One routine: its plan, and the therapist's editor. It is saved only when it is right.

import { get, post, put } from "./api.js";
import { conflict } from "./conflict.js";
import { announce, button, count, h, notice, show } from "./dom.js";
import { plan } from "./steps.js";
import { textField } from "./text.js";

const PATIENCE = 400; // ms without a key, after which the text is checked

export async function view(main, id) {
  const fresh = !id;
  const name = fresh ? new URLSearchParams(location.search).get("new") : id;
  let routine = fresh ? await begin(name) : await get(`/api/routines/${encodeURIComponent(id)}`);
  let check = null,
    checked = null,
    timer = 0,
    dirty = fresh,
    begun = routine.base, // of what was there when the writing began
    saving = false;
  const draft = `draft:${name}`; // Safari on a phone leaves a page without a question

  const heading = h("h1", {}, name);
  const text = textField("Text of the routine", typed);
  const steps = plan(() => text.value);
  const mistakes = h("div", { id: "mistakes", class: "mistakes", role: "status" });
  const said = notice();
  said.place.tabIndex = -1;
  const both = h("div");
  const versions = h("div");
  const save = button("Save", store, { class: "primary" });
  const undo = button("Undo all", () => {
    text.value = routine.text;
    changed(false);
    said.good("Undone.");
    said.place.focus(); // the button is gone
  });
  const file = h("input", { type: "file", accept: ".toml,text/plain", id: "file", class: "unseen", onchange: upload });
  const kind = h("p", { class: "soft" });
  const download = h(
    "a",
    { class: "button small", href: `/api/routines/${encodeURIComponent(name)}.toml`, download: `${name}.toml` },
    "Download",
  );
  const onward = h("div", { class: "row" });

  show(
    main,
    h("p", {}, h("a", { href: "/plan" }, "All routines")),
    heading,
    kind,
    onward,
    both,
    h(
      "div",
      { class: "sides workshop" },
      h("section", { class: "side", "aria-label": "Plan" }, h("h2", {}, "Plan"), steps.place),
      h(
        "section",
        { class: "side", "aria-label": "Text" },
        text.place,
        mistakes,
        said.place,
        h("div", { class: "row" }, save, undo),
        h(
          "div",
          { class: "row" },
          download,
          file,
          h("label", { for: "file", class: "button small" }, "Load a file"),
        ),
        versions,
      ),
    ),
  );

  text.value = routine.text;
  if (routine.check) take(routine.text, routine.check);
  else look();
  about();
  bringBack();
  addEventListener("beforeunload", (event) => {
    // What was just removed is not saved, and may be left.
    if (text.value !== routine.text || (fresh && dirty)) event.preventDefault();
  });
  main.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      store();
    }
  });

  function typed() {
    changed(text.value !== routine.text);
    clearTimeout(timer);
    timer = setTimeout(look, PATIENCE);
  }

  function changed(now) {
    dirty = now || routine.base === "";
    if (!now) begun = routine.base;
    if (!now && checked !== text.value) look();
    keep();
    buttons();
  }

  /** Have the browser keep what is not saved, for as long as the tab is open. */
  function keep() {
    if (text.value === routine.text) sessionStorage.removeItem(draft);
    else sessionStorage.setItem(draft, JSON.stringify({ text: text.value, base: begun }));
  }

  function bringBack() {
    const kept = JSON.parse(sessionStorage.getItem(draft));
    if (!kept || kept.text === routine.text) return;
    text.value = kept.text;
    begun = kept.base;
    typed();
    said.show(h("p", {}, "What you had not saved is here again."));
  }

  async function look() {
    clearTimeout(timer);
    const asked = text.value;
    if (asked === checked) return;
    try {
      const answer = await post("/api/check", { id: name, text: asked });
      if (asked === text.value) take(asked, answer);
    } catch (error) {
      said.bad(error.message);
    }
  }

  function take(asked, answer) {
    checked = asked;
    check = answer;
    text.mark(check.mistakes);
    const line = (one, what) =>
      h(
        "li",
        {},
        one.line
          ? button(`Line ${one.line}: ${one.text}`, () => text.go(one.line, one.column), { class: what })
          : h("span", { class: what }, one.text),
      );
    show(
      mistakes,
      h(
        "p",
        { class: check.mistakes.length ? "wrong" : "good" },
        check.mistakes.length ? count(check.mistakes.length, "mistake") : "No mistakes",
      ),
      check.mistakes.length > 0 &&
        h(
          "ul",
          { class: "plain" },
          check.mistakes.map((one) => line(one, "wrong")),
        ),
      check.warnings?.length > 0 &&
        h(
          "details",
          {},
          h("summary", {}, count(check.warnings.length, "remark")),
          h(
            "ul",
            { class: "plain" },
            check.warnings.map((one) => line(typeof one === "string" ? { text: one } : one, "remark")),
          ),
        ),
    );
    if (!check.mistakes.length || !steps.place.childNodes.length) steps.show(check);
    buttons();
  }

  function buttons() {
    const right = check && checked === text.value && !check.mistakes.length;
    save.setAttribute("aria-disabled", String(!(right && dirty)));
    undo.hidden = !dirty || routine.base === "";
  }

  function about() {
    heading.textContent = /^title\s*=\s*"([^"\n]+)"/m.exec(routine.text)?.[1] ?? name;
    document.title = `${heading.textContent} · pitrainer`;
    kind.textContent =
      routine.base === ""
        ? "New, and not saved yet."
        : routine.own
          ? ""
          : "It comes with the trainer. When you change it, a copy of your own is saved, which takes its place.";
    show(
      onward,
      button("Change it", () => text.go(1), { class: "small" }),
      routine.base !== "" && [
        h("a", { class: "button small", href: `/settings?program=${encodeURIComponent(name)}` }, "Make it a program"),
        h("a", { class: "button small", href: `/settings?remind=${encodeURIComponent(name)}` }, "Be reminded of it"),
        routine.own && button("Remove", remove, { class: "small" }),
      ],
    );
    download.hidden = routine.base === "";
    showVersions();
    buttons();
  }

  function showVersions() {
    show(
      versions,
      routine.versions?.length > 0 &&
        h(
          "details",
          { class: "versions" },
          h("summary", {}, "Earlier versions"),
          h(
            "ul",
            { class: "plain" },
            routine.versions.map((one) => {
              const body = h("pre", { tabindex: "0", hidden: true, role: "region", "aria-label": `Version ${one.number}` });
              return h(
                "li",
                { class: "card" },
                h("strong", {}, written(one.at)),
                h(
                  "div",
                  { class: "row" },
                  button("Look", look, { class: "small", "aria-label": `Look at the version of ${written(one.at)}` }),
                  button("Restore", restore, { class: "small", "aria-label": `Restore the version of ${written(one.at)}` }),
                ),
                body,
              );
              async function look() {
                try {
                  if (!body.textContent)
                    body.textContent = (await get(`/api/routines/${encodeURIComponent(name)}/versions/${one.number}`)).text;
                  body.hidden = !body.hidden;
                } catch (error) {
                  said.bad(error.message);
                }
              }
              function restore() {
                if (!mayReplace()) return;
                return write(
                  () => post(`/api/routines/${encodeURIComponent(name)}/restore`, { number: one.number, base: routine.base }),
                  "Restored.",
                );
              }
            }),
          ),
        ),
    );
  }

  async function store() {
    await look();
    if (check?.mistakes.length) {
      said.bad("It has mistakes, and is not saved until it is right.");
      return;
    }
    if (!dirty) return;
    const sent = text.value;
    await write(() => put(`/api/routines/${encodeURIComponent(name)}`, { text: sent, base: begun }), "Saved.");
  }

  function remove() {
    if (dirty) return said.bad("Save what you have changed, or undo it, and then remove it.");
    return write(
      () => post(`/api/routines/${encodeURIComponent(name)}/remove`, { base: routine.base }),
      "Removed. What you see is no longer saved; Save brings it back.",
      "Removed. This is what comes with the trainer.",
    );
  }

  /** Have something written; when somebody else was faster, have the person choose. */
  async function write(asked, done, doneShipped = done) {
    if (saving) return;
    saving = true;
    said.clear();
    save.setAttribute("aria-busy", "true");
    const before = text.value;
    try {
      routine = await asked();
      show(both);
      if (text.value === before) {
        text.value = routine.text;
        take(routine.text, routine.check);
      } // else somebody has typed on meanwhile
      if (!routine.own) done = doneShipped;
      if (routine.not_taken?.length) said.bad(`${done} But the trainer does not use it yet: ${routine.not_taken.join("; ")}`);
      else said.good(routine.after_session ? `${done} The trainer will use it after this session.` : done);
      inFile();
    } catch (error) {
      if (error.status === 409 && "text" in error.answer) choose(error.answer);
      else if (error.status === 422 && text.value === before) take(before, error.answer);
      if (error.status !== 409 || !("text" in error.answer))
        said.bad(error.status === 422 ? "It has mistakes, and was not saved." : error.message);
    }
    saving = false;
    save.removeAttribute("aria-busy");
    if (document.activeElement === document.body) said.place.focus(); // what was pressed is gone
  }

  /** Show all that belongs to what the file has now. */
  function inFile() {
    dirty = text.value !== routine.text || routine.base === "";
    begun = routine.base;
    keep();
    if (fresh) history.replaceState(null, "", `/plan/${encodeURIComponent(name)}`);
    about();
  }

  function choose(other) {
    announce("The file was changed by somebody else meanwhile.");
    show(
      both,
      conflict(
        text.value,
        other.text,
        () => {
          routine = { ...routine, base: other.base, text: other.text };
          begun = other.base;
          dirty = true;
          show(both);
          store();
        },
        async () => {
          try {
            routine = await get(`/api/routines/${encodeURIComponent(name)}`);
          } catch (error) {
            return said.bad(error.message);
          }
          show(both);
          text.value = routine.text;
          take(routine.text, routine.check);
          inFile();
          said.good("This is the other version.");
          said.place.focus();
        },
      ),
    );
  }

  /** Ask before what was typed is replaced; Undo could not bring it back. */
  function mayReplace() {
    return text.value === routine.text || confirm("What you have typed is not saved, and will be lost. Go on all the same?");
  }

  async function upload() {
    const chosen = file.files[0];
    if (!chosen) return;
    try {
      const loaded = await chosen.text();
      if (mayReplace()) {
        text.value = loaded;
        typed();
        said.show(h("p", {}, "Loaded, and not saved yet."));
      }
    } catch (error) {
      said.bad(`${chosen.name} cannot be read: ${error.message}`);
    }
    file.value = ""; // the same one may be chosen again
  }
}

/** What a new routine begins with. */
async function begin(name) {
  const { text, versions } = await get(`/api/new-routine/${encodeURIComponent(name)}`);
  const title = name.replaceAll("-", " ");
  return {
    own: true,
    base: "",
    versions,
    text: text
      .replace(/^id = "[^"]*"/m, `id = "${name}"`)
      .replace(/^title = "[^"]*"/m, `title = "${title[0].toUpperCase()}${title.slice(1)}"`),
  };
}

function written(at) {
  const [day, time = ""] = at.split("T");
  return `${new Date(`${day}T12:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" })}, ${time.slice(0, 5)}`;
}
