"use strict";
(function () {
  const root = document.documentElement;
  const one = (selector, from) => (from || document).querySelector(selector);
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const MOST = 100;

  // Light and dark: what the system says, until somebody says otherwise.
  const theme = one("#theme");
  if (theme) {
    theme.addEventListener("click", () => {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
    });
  }

  const systems = one("#systems");
  if (systems) {
    const count = all(".tree .system").length;
    if (count === 0) systems.parentElement.hidden = true;
    else systems.parentElement.append(" (" + count + ")");
    systems.addEventListener("change", () => root.classList.toggle("show-systems", systems.checked));
  }

  // Copying needs a page that the browser trusts; a file is one, some viewers are not.
  for (const button of all(".copy")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(one("pre", button.parentElement).textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not copied";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  // What can be found: rows of the graphs, and the symbols that modules need.
  const rows = all(".tree > li").filter((row) => one("summary", row)).map((row) => {
    const summary = one("summary", row);
    const facts = one("dl", row);
    return { row, label: summary.textContent.trim(), text: (summary.textContent + " " + (facts ? facts.textContent : "")).toLowerCase() };
  });
  const symbols = all(".needs li").map((item) => ({
    item,
    library: item.parentElement.dataset.library,
    row: item.closest(".tree > li"),
    text: item.textContent.toLowerCase(),
  }));
  const input = one("#search");
  const hits = one("#hits");
  const found = one("#found");
  const list = hits && one("ol", hits);

  function reveal(element, focused) {
    for (let parent = element; parent; parent = parent.parentElement) {
      if (parent.tagName === "DETAILS") parent.open = true;
    }
    element.scrollIntoView({ block: "center" });
    focused.focus({ preventScroll: true });
  }

  function entry(label, go) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = "#graph";
    link.textContent = label;
    link.addEventListener("click", (event) => { event.preventDefault(); hits.hidden = true; go(); });
    item.append(link);
    list.append(item);
  }

  function search() {
    const wanted = input.value.trim().toLowerCase();
    list.textContent = "";
    for (const { row } of rows) row.classList.remove("hit");
    root.classList.toggle("searching", wanted !== "");
    hits.hidden = wanted === "";
    if (wanted === "") return;
    const libraries = rows.filter((one) => one.text.includes(wanted));
    const needed = symbols.filter((one) => one.text.includes(wanted));
    for (const { row, label } of libraries) {
      row.classList.add("hit");
      if (list.childElementCount < MOST) {
        entry(label, () => { one("details", row).open = true; reveal(row.closest(".module"), one("summary", row)); row.scrollIntoView({ block: "center" }); });
      }
    }
    for (const { row } of needed) row.classList.add("hit");
    for (const { item, library, row } of needed.slice(0, MOST)) {
      const name = one(".readable", item).textContent;
      const from = library ? " from " + library : " from any image";
      entry(name + from + ", needed by " + one(".name", row).textContent, () => reveal(item, one("summary", item.closest(".needs"))));
    }
    const total = libraries.length + needed.length;
    const shown = list.childElementCount;
    found.textContent = total === 0 ? "Nothing is called that." : total === 1 ? "1 place" : total + " places" + (shown < total ? ", " + shown + " of them here" : "");
    list.hidden = total === 0;
  }

  if (input) {
    input.addEventListener("input", search);
    input.addEventListener("focus", () => { if (input.value.trim()) hits.hidden = false; });
    document.addEventListener("click", (event) => { if (!event.target.closest("nav")) hits.hidden = true; });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); const first = one("a", list); if (first) first.click(); }
      if (event.key === "Escape") { input.value = ""; search(); }
      if (event.key === "ArrowDown") { const first = one("a", list); if (first) { event.preventDefault(); first.focus(); } }
    });
    list.addEventListener("keydown", (event) => {
      const links = all("a", list);
      const at = links.indexOf(document.activeElement);
      const next = event.key === "ArrowDown" ? links[at + 1] : event.key === "ArrowUp" ? links[at - 1] || input : null;
      if (next) { event.preventDefault(); next.focus(); }
      if (event.key === "Escape") { input.value = ""; search(); input.focus(); }
    });
    document.addEventListener("keydown", (event) => {
      const writing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
      if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); input.focus(); }
    });
  }

  // In a graph the arrows go from line to line, right opens, left closes.
  for (const tree of all(".tree")) {
    tree.addEventListener("keydown", (event) => {
      const summaries = all(":scope > li > details > summary, :scope > li > a", tree).filter((summary) => summary.offsetParent !== null);
      const at = summaries.indexOf(document.activeElement);
      if (at < 0) return;
      const details = summaries[at].closest("details:not(.module)");
      const next = { ArrowDown: summaries[at + 1], ArrowUp: summaries[at - 1], Home: summaries[0], End: summaries[summaries.length - 1] }[event.key];
      if (next) { event.preventDefault(); next.focus(); }
      if (!details) return;
      if (event.key === "ArrowRight") { event.preventDefault(); details.open = true; }
      if (event.key === "ArrowLeft") { event.preventDefault(); details.open = false; }
    });
  }

  // A link to a folded graph unfolds it; a print shows what is folded.
  function unfold() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (target && target.tagName === "DETAILS") reveal(target, one("summary", target));
  }
  addEventListener("hashchange", unfold);
  unfold();
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all(".evidence:not([open]), .module:not([open])");
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of opened) details.open = false; });
})();
