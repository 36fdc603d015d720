// The beginning: shows the view that the address names. Without JavaScript the server's own <main> stays as it is.

import { h, show } from "./dom.js";

const VIEWS = { "": "now", days: "days", plan: "plan", settings: "settings", health: "health" };

const [, first = "", second = ""] = location.pathname.split("/");

for (const link of document.querySelectorAll("nav a")) {
  if (link.pathname === `/${first}`) link.setAttribute("aria-current", "page");
}

if (first in VIEWS) {
  const main = document.getElementById("main");
  const name = first === "plan" && (second || new URLSearchParams(location.search).has("new")) ? "editor" : VIEWS[first];
  try {
    const { view } = await import(`./${name}.js`);
    main.className = name;
    await view(main, decodeURIComponent(second));
  } catch (error) {
    show(
      main,
      h("h1", {}, "This did not work"),
      h("p", { class: "problem", role: "alert" }, error.message),
      h("p", {}, h("a", { href: location.href }, "Try again")),
    );
    if (!("answer" in error)) console.error(error); // a mistake of ours
  }
  main.dataset.ready = "yes";
}
