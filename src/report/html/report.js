// Shows the rows behind the figures of report.html: search, filter, sort, pages, one row in full.
// In: the data elements of the page, and the part of the address behind `#`, which holds all that is wanted, so
// that every view can be linked to. Out: text nodes. Nothing of an export is ever read as HTML or as a selector,
// and nothing is fetched. The overview needs none of this.
"use strict";
(() => {
  const PAGE_ROWS = 100;
  const PRINT_ROWS = 1000;
  const FILTER_VALUES_MAX = 150;
  const TYPING_PAUSE_MS = 120;
  // Shown in full beside the table, and too much for a narrow screen.
  const LESS = new Set(["cure", "line", "accepted", "encoding", "sheet", "bytes", "blake3", "rows_by_table", "mail", "way"]);
  // What a reader looks for first; the others follow in their order.
  const FIRST = { findings: ["severity", "code", "subject", "file", "row", "column", "cell", "message", "cure"] };
  // Characters of a cell in a line of the table.
  const WIDTH_MAX = 46;
  // Words in the address that are no columns.
  const RESERVED = new Set(["search", "sort", "page", "open", "filled", "family", "named_in"]);

  const byId = (id) => document.getElementById(id);
  const parse = (id) => JSON.parse(byId(`data-${id}`).textContent);
  const index = parse("index");
  const rules = new Map(index.rules.map((rule) => [rule.code, rule]));
  const sheetOf = new Map(index.sheets.map((sheet) => [sheet.key, sheet]));
  const count = new Intl.NumberFormat("en-GB");
  const collator = new Intl.Collator("en", { numeric: true });
  const words = (number, one) => `${count.format(number)} ${number === 1 ? one : `${one}s`}`;

  // --- data -------------------------------------------------------------------------------------------------

  const unrolled = (cells) => {
    if (Array.isArray(cells)) return cells;
    const all = [];
    for (const [cell, times] of cells.runs) for (let i = 0; i < times; i += 1) all.push(cell);
    return all;
  };

  class Sheet {
    constructor(entry) {
      const data = parse(entry.key);
      this.entry = entry;
      this.rows = data.rows;
      this.texts = data.texts;
      this.columns = entry.columns.map(([key, title, kind, width], at) => {
        const isNumber = kind === "number";
        const cells = unrolled(data.columns[at]);
        return { key, title, kind, width: Math.min(width, WIDTH_MAX), isNumber, cells: isNumber ? cells : Uint32Array.from(cells) };
      });
      const place = (column) => (FIRST[entry.key] ?? []).indexOf(column.key) >>> 0;
      this.columns.sort((left, right) => place(left) - place(right));
      this.byKey = new Map(this.columns.map((column) => [column.key, column]));
      this.subject = this.byKey.get("subject");
      this.ranks = new Map();
    }

    // A cell as text; empty where it is blank.
    text(column, row) {
      const cell = column.cells[row];
      if (column.isNumber) return cell === null ? "" : String(cell);
      const text = this.texts[cell];
      return typeof text === "string" ? text : text.join(this.text(this.subject, row));
    }

    shown(column, row) {
      const cell = column.cells[row];
      return column.isNumber && cell !== null ? count.format(cell) : this.text(column, row);
    }

    // For each text of the sheet whether it holds; a sentence around a name is looked at row by row.
    test(column, holds) {
      if (column.isNumber) return (row) => holds(this.text(column, row));
      const known = new Map();
      return (row) => {
        const cell = column.cells[row];
        if (typeof this.texts[cell] !== "string") return holds(this.text(column, row));
        let answer = known.get(cell);
        if (answer === undefined) known.set(cell, (answer = holds(this.texts[cell])));
        return answer;
      };
    }

    // Where each row stands in the order of a column; what is blank comes last.
    order(column) {
      if (this.ranks.has(column)) return this.ranks.get(column);
      let ranks;
      if (column.isNumber) {
        ranks = Float64Array.from(column.cells, (cell) => (cell === null ? NaN : cell));
      } else {
        const texts = [];
        const numbers = new Map();
        const cells = new Uint32Array(this.rows);
        for (let row = 0; row < this.rows; row += 1) {
          const text = this.text(column, row);
          let number = numbers.get(text);
          if (number === undefined) numbers.set(text, (number = texts.push(text) - 1));
          cells[row] = number;
        }
        const sorted = texts.map((_, number) => number).sort((a, b) => collator.compare(texts[a], texts[b]));
        const rank = new Float64Array(texts.length);
        sorted.forEach((number, place) => { rank[number] = texts[number] === "" ? NaN : place; });
        ranks = Float64Array.from(cells, (number) => rank[number]);
      }
      this.ranks.set(column, ranks);
      return ranks;
    }

    // The values of a column with how often each stands there, if they are few.
    values(column) {
      const counts = new Map();
      for (const cell of column.cells) {
        counts.set(cell, (counts.get(cell) ?? 0) + 1);
        if (counts.size > FILTER_VALUES_MAX) return [];
      }
      const values = Array.from(counts, ([cell, times]) => [this.texts[cell], times]);
      return values.filter(([text]) => typeof text === "string" && text !== "");
    }
  }

  const sheets = new Map();
  const sheet = (key) => {
    if (!sheets.has(key)) sheets.set(key, new Sheet(sheetOf.get(key)));
    return sheets.get(key);
  };

  // --- address ----------------------------------------------------------------------------------------------

  const wanted = () => {
    const [key, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
    return { key: sheetOf.has(key) ? key : null, anchor: key, params: new URLSearchParams(query) };
  };
  const address = (key, params) => {
    const query = params.toString();
    return query === "" ? `#${key}` : `#${key}?${query}`;
  };
  // The same view with some words changed; the page is the first again.
  const changed = (params, changes) => {
    const next = new URLSearchParams(params);
    for (const name of ["page", "open"]) next.delete(name);
    for (const [name, value] of Object.entries(changes)) {
      next.delete(name);
      if (value !== null && value !== "") next.append(name, value);
    }
    return next;
  };
  const go = (params, isStep = true) => {
    const to = address(view.key, params);
    if (to === location.hash) return;
    history[isStep ? "pushState" : "replaceState"](null, "", to);
    show();
  };

  // --- which rows -------------------------------------------------------------------------------------------

  const isNamedInRecords = (cell) => cell !== "" && cell.split("; ").some((part) => !/^roles \d+$/.test(part));

  const filtersOf = (data, params) => {
    const tests = [];
    for (const name of new Set(params.keys())) {
      const values = new Set(params.getAll(name));
      const column = data.byKey.get(name);
      const list = data.byKey.get(name.replace(/^has\./, ""));
      if (name === "filled") {
        for (const value of values) {
          const filled = data.byKey.get(value);
          if (filled) tests.push(data.test(filled, (text) => text !== ""));
        }
      } else if (name === "family" && data.byKey.has("code")) {
        tests.push(data.test(data.byKey.get("code"), (text) => values.has(text.slice(0, 3))));
      } else if (name === "named_in" && data.byKey.has("rows_by_table")) {
        tests.push(data.test(data.byKey.get("rows_by_table"), isNamedInRecords));
      } else if (name.startsWith("has.") && list) {
        tests.push(data.test(list, (text) => text.split("; ").some((part) => values.has(part))));
      } else if (column && !RESERVED.has(name)) {
        tests.push(data.test(column, (text) => values.has(text)));
      }
    }
    return tests;
  };

  // Every word must stand in some cell of the row.
  const searchOf = (data, text) => {
    const parts = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
    return parts.map((word) => {
      const tests = data.columns.map((column) => data.test(column, (cell) => cell.toLowerCase().includes(word)));
      return (row) => tests.some((test) => test(row));
    });
  };

  const select = (data, params) => {
    const tests = [...filtersOf(data, params), ...searchOf(data, params.get("search") ?? "")];
    let rows = [];
    for (let row = 0; row < data.rows; row += 1) if (tests.every((test) => test(row))) rows.push(row);
    const sort = params.get("sort") ?? "";
    const column = data.byKey.get(sort.replace(/^-/, ""));
    if (!column) return rows;
    const ranks = data.order(column);
    const sign = sort.startsWith("-") ? -1 : 1;
    return rows.sort((a, b) => {
      const [left, right] = [ranks[a], ranks[b]];
      if (left === right || (Number.isNaN(left) && Number.isNaN(right))) return a - b;
      if (Number.isNaN(left)) return 1;
      if (Number.isNaN(right)) return -1;
      return sign * (left - right);
    });
  };

  // --- elements ---------------------------------------------------------------------------------------------

  const element = (name, properties = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key in made) made[key] = value;
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };
  // A text of the rule table: what stands between two backticks is code.
  const rich = (text) => text.split("`").map((part, at) => (at % 2 ? element("code", { textContent: part }) : part));

  const MARKED = new Set(["severity", "answer"]);
  const cellOf = (data, column, row) => {
    const text = data.shown(column, row);
    if (MARKED.has(column.kind) && text !== "") {
      const isState = column.kind === "severity" || column.key !== "accepted";
      const state = { note: "note-mark" }[text] ?? text.replace(" ", "-");
      return element("span", { className: isState ? `mark ${state}` : "", textContent: text });
    }
    return document.createTextNode(text);
  };

  const view = { key: null, params: null, data: null, rows: [], page: 0, isPrinting: false };

  const drawHead = () => {
    const { data, params } = view;
    const sort = params.get("sort") ?? "";
    const row = element("tr", {}, element("th", { scope: "col", className: "plain", textContent: "No." }));
    for (const column of data.columns) {
      const isUp = sort === column.key;
      const button = element("button", { type: "button", textContent: column.title });
      button.addEventListener("click", () => {
        go(changed(view.params, { sort: isUp ? `-${column.key}` : column.key }));
        byId("rows-table").querySelectorAll("thead button")[data.columns.indexOf(column)].focus();
      });
      const head = element("th", { scope: "col", className: className(column) }, button);
      if (isUp || sort === `-${column.key}`) head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
      row.append(head);
    }
    byId("rows-table").tHead.replaceChildren(row);
  };

  const className = (column) => {
    const shape = { number: "n", id: "id", prose: "prose", severity: "short", answer: "short", code: "short" }[column.kind] ?? "";
    return LESS.has(column.key) || column.kind === "id" ? `${shape} less` : shape;
  };

  const openAddress = (row) => {
    const params = new URLSearchParams(view.params);
    params.set("open", String(row + 1));
    return address(view.key, params);
  };

  const drawBody = () => {
    const { data, rows } = view;
    const first = view.isPrinting ? 0 : view.page * PAGE_ROWS;
    const shown = rows.slice(first, first + (view.isPrinting ? PRINT_ROWS : PAGE_ROWS));
    const opened = Number(view.params.get("open")) - 1;
    const lines = shown.map((row) => {
      const number = count.format(row + 1);
      const link = element("a", { href: openAddress(row), textContent: number });
      link.setAttribute("aria-label", `Row ${number} in full`);
      const line = element("tr", { className: row === opened ? "open" : "" }, element("td", { className: "n" }, link));
      line.dataset.row = String(row);
      for (const column of data.columns) {
        const inside = element("div", {}, cellOf(data, column, row));
        inside.style.maxWidth = `${column.width}ch`;
        line.append(element("td", { className: className(column) }, inside));
      }
      return line;
    });
    if (lines.length === 0) {
      const none = element("span", { className: "none", textContent: data.rows === 0 ? "There are none." : "No row fits. Take a filter off, or search for less." });
      lines.push(element("tr", {}, element("td", { colSpan: data.columns.length + 1 }, none)));
    }
    byId("rows-table").tBodies[0].replaceChildren(...lines);
    const print = rows.length > PRINT_ROWS ? `Printed are the first ${count.format(PRINT_ROWS)} of ${words(rows.length, "row")}.` : "";
    byId("rows-print").textContent = print;
  };

  // How many findings the rows are places of.
  const status = () => {
    const { data, rows } = view;
    if (view.key !== "findings") return words(rows.length, "row");
    const [code, subject] = [data.byKey.get("code"), data.subject];
    const findings = new Set();
    for (const row of rows) findings.add(code.cells[row] * 4294967296 + subject.cells[row]);
    return `${words(findings.size, "finding")} at ${words(rows.length, "place")}`;
  };

  const drawPager = () => {
    const pages = Math.max(1, Math.ceil(view.rows.length / PAGE_ROWS));
    byId("rows-pager").hidden = pages === 1;
    byId("page-count").textContent = count.format(pages);
    byId("page-number").value = String(view.page + 1);
    byId("page-number").max = String(pages);
    for (const id of ["page-first", "page-before"]) byId(id).disabled = view.page === 0;
    for (const id of ["page-next", "page-last"]) byId(id).disabled = view.page >= pages - 1;
  };

  const FILTERED = new Set(["severity", "answer", "code", "text"]);
  const NOT_FILTERED = new Set(["blake3", "rows_by_table", "today_why", "after_plan_why", "after_hand_over_why"]);
  const drawFilters = () => {
    const { data } = view;
    const fields = [];
    for (const column of data.columns.filter((one) => FILTERED.has(one.kind) && !NOT_FILTERED.has(one.key))) {
      const values = data.values(column);
      if (values.length < 2 && !view.params.has(column.key)) continue;
      const id = `filter-${column.key}`;
      const options = values.map(([text, times]) => element("option", { value: text, textContent: `${text} (${count.format(times)})` }));
      const choice = element("select", { id }, element("option", { value: "", textContent: "all" }), ...options);
      choice.addEventListener("change", () => go(changed(view.params, { [column.key]: choice.value })));
      fields.push(element("div", { className: "field" }, element("label", { htmlFor: id, textContent: column.title }), choice));
    }
    byId("rows-filters").replaceChildren(...fields);
  };

  const syncControls = () => {
    const search = byId("rows-search");
    const text = view.params.get("search") ?? "";
    if (search.value.trim() !== text) search.value = text;
    for (const choice of byId("rows-filters").querySelectorAll("select")) {
      const values = view.params.getAll(choice.id.slice("filter-".length));
      const isThere = values.length === 1 && Array.from(choice.options).some((one) => one.value === values[0]);
      choice.value = isThere ? values[0] : "";
    }
  };

  const WORDS = { filled: "Not blank", family: "Family", named_in: "Named in", search: "Search" };
  const drawChips = () => {
    const { data, params } = view;
    const chips = [];
    for (const name of new Set(params.keys())) {
      const column = data.byKey.get(name.replace(/^has\./, ""));
      if (["sort", "page", "open"].includes(name) || !(column || WORDS[name])) continue;
      const values = params.getAll(name).map((value) => (name === "filled" ? data.byKey.get(value)?.title ?? value : value));
      const label = `${WORDS[name] ?? column.title}: ${values.join(" or ")}`;
      const chip = element("button", { type: "button", textContent: label });
      chip.setAttribute("aria-label", `Take off the filter ${label}`);
      chip.addEventListener("click", () => {
        go(changed(view.params, { [name]: null }));
        byId("rows-search").focus();
      });
      chips.push(element("li", {}, chip));
    }
    byId("rows-chips").replaceChildren(...chips);
  };

  const drawBound = () => {
    const { entry } = view.data;
    const bound = byId("rows-bound");
    bound.hidden = entry.rows >= entry.all;
    if (bound.hidden) return;
    const command = element("code", { textContent: `cutover show DIR ${entry.key} --format csv` });
    bound.replaceChildren(`This page has room for the first ${count.format(entry.rows)} of ${words(entry.all, "row")}; search and filters see these alone. All of them: `, command);
  };

  // --- one row in full --------------------------------------------------------------------------------------

  const LONG = new Set(["prose", "person", "ruling"]);
  const drawDetails = (row) => {
    const { data } = view;
    byId("details-title").textContent = `${data.entry.title}, row ${count.format(row + 1)}`;
    const cells = [];
    for (const column of data.columns) {
      const text = data.shown(column, row);
      if (text === "") continue;
      const className = LONG.has(column.kind) && text.length > 40 ? "long" : "";
      cells.push(element("dt", { className, textContent: column.title }));
      cells.push(element("dd", { className }, cellOf(data, column, row)));
    }
    byId("details-cells").replaceChildren(...cells);
    byId("details-links").replaceChildren(...related(row));
    const code = data.columns.map((column) => rules.get(data.text(column, row))).find((rule) => rule);
    byId("details-rule").replaceChildren(...(code ? explained(code) : []));
    const at = view.rows.indexOf(row);
    byId("details-before").disabled = at <= 0;
    byId("details-next").disabled = at < 0 || at >= view.rows.length - 1;
  };

  // Links to what other sheets say of the same.
  const related = (row) => {
    const { data, key } = view;
    const links = [];
    const add = (to, name, column, textContent) => {
      const text = data.byKey.has(column) ? data.text(data.byKey.get(column), row) : "";
      if (text !== "") links.push(element("a", { href: address(to, new URLSearchParams([[name, text]])), textContent }));
    };
    if (key === "findings") {
      add("findings", "code", "code", "All findings of this rule");
      add("findings", "subject", "subject", "All places of what this is about");
      if (data.text(data.byKey.get("code"), row).startsWith("OWN")) add("owners", "reference", "subject", "What becomes of this owner");
    }
    if (key === "owners") add("findings", "subject", "reference", "Findings about this owner");
    if (key === "reconciliation") add("reconciliation", "id", "id", "All tables of this owner");
    if (key === "records") {
      add("records", "after", "after", "All records that this owner gets");
      add("reconciliation", "name", "after", "What this owner has before and after");
    }
    if (key === "inputs") add("findings", "file", "file", "Findings in this file");
    return links;
  };

  const explained = (rule) => {
    const parts = [element("h3", {}, `${rule.code}: `, ...rich(rule.title))];
    const texts = [["What is checked", rule.what], ["Why it matters", rule.why], ["Example", rule.example], ["Cure", rule.cure], ["Source", rule.source]];
    for (const [head, text] of texts) parts.push(element("h4", { textContent: head }), element("p", {}, ...rich(text)));
    const more = [];
    if (rule.guards) more.push("The service would refuse such a change.");
    if (rule.keep_out) more.push("May be accepted: its rows are then kept out.");
    if (more.length > 0) parts.push(element("h4", { textContent: "Good to know" }), element("p", { textContent: more.join(" ") }));
    return parts;
  };

  // --- the whole --------------------------------------------------------------------------------------------

  const showTabs = (key) => {
    for (const link of document.querySelectorAll(".top nav a")) {
      if (link.getAttribute("href") === `#${key}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };

  const showOverview = (anchor) => {
    const wasRows = view.key !== null;
    view.key = null;
    byId("rows").hidden = true;
    byId("overview").hidden = false;
    showTabs("overview");
    const target = byId(anchor);
    if (target && anchor !== "overview") {
      target.scrollIntoView();
      target.focus({ preventScroll: true });
    } else if (wasRows) {
      window.scrollTo(0, 0);
      byId("main").focus({ preventScroll: true });
    }
  };

  const showRows = (key, params) => {
    const isNew = view.key !== key;
    const before = new URLSearchParams(view.params ?? "");
    const isSameRows = !isNew && ["page", "open"].every((name) => before.delete(name) ?? true)
      && before.toString() === without(params).toString();
    Object.assign(view, { key, params, data: sheet(key) });
    if (!isSameRows) view.rows = select(view.data, params);
    const opened = Number(params.get("open")) - 1;
    const place = params.has("open") && !params.has("page") ? view.rows.indexOf(opened) : -1;
    const pages = Math.max(1, Math.ceil(view.rows.length / PAGE_ROWS));
    const page = place >= 0 ? Math.floor(place / PAGE_ROWS) : Number(params.get("page") ?? 1) - 1;
    view.page = Math.min(Math.max(0, Number.isInteger(page) ? page : 0), pages - 1);
    if (isNew) {
      byId("rows-title").textContent = view.data.entry.title;
      byId("overview").hidden = true;
      byId("rows").hidden = false;
      showTabs(key);
      drawFilters();
      drawBound();
    }
    if (!isSameRows) {
      drawHead();
      drawChips();
      byId("rows-status").textContent = status();
      byId("rows-scroll").scrollTo(0, 0);
    }
    syncControls();
    drawBody();
    drawPager();
    const isOpen = opened >= 0 && opened < view.data.rows;
    byId("details").hidden = !isOpen;
    byId("details").parentElement.classList.toggle("with-details", isOpen);
    if (isOpen) drawDetails(opened);
    if (isNew && !isOpen) {
      window.scrollTo(0, 0);
      byId("rows-title").focus({ preventScroll: true });
    }
  };

  const without = (params) => {
    const rest = new URLSearchParams(params);
    for (const name of ["page", "open"]) rest.delete(name);
    return rest;
  };

  const show = () => {
    const { key, anchor, params } = wanted();
    if (key === null) showOverview(anchor);
    else showRows(key, params);
  };

  const toPage = (page) => {
    const params = without(view.params);
    if (page > 0) params.set("page", String(page + 1));
    go(params);
    byId("rows-scroll").scrollTo(0, 0);
  };

  // Opens a row, and puts the reader there.
  const open = (row) => {
    const params = without(view.params);
    params.set("open", String(row + 1));
    go(params);
    byId("details").scrollTo(0, 0);
    byId("details-title").focus({ preventScroll: true });
  };

  const close = () => {
    const opened = Number(view.params.get("open")) - 1;
    const params = without(view.params);
    if (view.page > 0) params.set("page", String(view.page + 1));
    go(params);
    byId("rows-table").querySelector(`tr[data-row="${opened}"] a`)?.focus();
  };

  const beside = (step) => {
    const at = view.rows.indexOf(Number(view.params.get("open")) - 1);
    const row = view.rows[at + step];
    if (at >= 0 && row !== undefined) open(row);
  };

  const listen = () => {
    let typing;
    byId("rows-search").addEventListener("input", (event) => {
      clearTimeout(typing);
      const text = event.target.value.trim();
      typing = setTimeout(() => go(changed(view.params, { search: text }), false), TYPING_PAUSE_MS);
    });
    byId("rows-form").addEventListener("submit", (event) => event.preventDefault());
    byId("page-first").addEventListener("click", () => toPage(0));
    byId("page-before").addEventListener("click", () => toPage(view.page - 1));
    byId("page-next").addEventListener("click", () => toPage(view.page + 1));
    byId("page-last").addEventListener("click", () => toPage(Math.ceil(view.rows.length / PAGE_ROWS) - 1));
    byId("page-number").addEventListener("change", (event) => toPage(Number(event.target.value) - 1));
    byId("details-close").addEventListener("click", close);
    byId("details-before").addEventListener("click", () => beside(-1));
    byId("details-next").addEventListener("click", () => beside(1));
    byId("rows-table").tBodies[0].addEventListener("click", (event) => {
      const line = event.target.closest("tr[data-row]");
      const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
      if (!line || !isPlain || String(getSelection()) !== "") return;
      event.preventDefault();
      open(Number(line.dataset.row));
    });
    byId("rows-table").addEventListener("keydown", (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      const line = step && event.target.closest("tbody tr");
      const link = line?.[step]?.querySelector("a");
      if (!link) return;
      event.preventDefault();
      link.focus();
    });
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      byId(view.key === null ? "main" : "rows-title").focus();
    });
    document.addEventListener("keydown", (event) => {
      if (view.key === null) return;
      const isTyping = event.target.matches("input, select, textarea");
      if (event.key === "Escape" && !byId("details").hidden) close();
      if (event.key === "/" && !isTyping) {
        event.preventDefault();
        byId("rows-search").focus();
      }
    });
    for (const [name, isPrinting] of [["beforeprint", true], ["afterprint", false]]) {
      window.addEventListener(name, () => {
        if (view.key === null) return;
        view.isPrinting = isPrinting;
        drawBody();
      });
    }
    window.addEventListener("hashchange", show);
    window.addEventListener("popstate", show);
  };

  listen();
  show();
})();
