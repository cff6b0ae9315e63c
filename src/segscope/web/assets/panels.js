/* Variable panels: a small SVG histogram a variable, everybody in grey, the selection in front, with a brush and exact
   fields; bars to click for categories. The server sends counts (the whole once, the selection after each change) and
   receives filters; dragging needs no server.

   A filter is {column: [low, high]} for numbers and dates (null leaves an end open; dates as 2014-06-29) or
   {column: {in: [values]}} for choices. */
(function () {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const HEIGHT = 74;
  const BLANK = "(blank)";
  const FIRST_ROWS = 3;
  const DAY = 86400000;

  const state = { meta: [], whole: {}, counts: {}, filters: {}, total: 0, selected: 0, past: [], future: [], all: false, search: "" };

  /* ---- words ---- */
  function short(value) {
    const size = Math.abs(value);
    for (const [limit, unit, scale] of [[999.5e6, "B", 1e9], [999.5e3, "M", 1e6], [999.5, "k", 1e3]]) {
      if (size >= limit) {
        const scaled = value / scale;
        return (Math.abs(scaled) < 9.95 ? String(+scaled.toFixed(1)) : scaled.toFixed(0)) + unit;
      }
    }
    if (Number.isInteger(value) || size >= 9.95) return value.toFixed(0);
    return String(size >= 1 ? +value.toFixed(1) : +value.toPrecision(2));
  }
  const dayText = (days) => new Date(days * DAY).toISOString().slice(0, 10);
  const shown = (variable, value) => (variable.kind === "date" ? dayText(value) : short(value));
  const full = (n) => n.toLocaleString("en-GB");

  function inWords(variable, filter) {
    if (filter.in) {
      const names = filter.in.slice(0, 3).join(", ");
      return variable.label + " " + names + (filter.in.length > 3 ? " + " + (filter.in.length - 3) : "");
    }
    const [low, high] = filter.map((end) => (end === null ? null : variable.kind === "date" ? end : short(end)));
    if (low === null) return variable.label + " up to " + high;
    return high === null ? variable.label + " from " + low : variable.label + " " + low + " to " + high;
  }

  /* ---- elements ---- */
  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }
  function svg(tag, attributes) {
    const made = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  /* ---- filters ---- */
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  function commit(filters, keepHistory) {
    if (same(filters, state.filters)) return;
    if (!keepHistory) {
      state.past.push(state.filters);
      state.future = [];
    }
    state.filters = filters;
    drawFilters();
    ask();
  }

  /* One question to the server at a time; the newest waits for the answer. */
  let asked = 0;
  function ask() {
    busy(true);
    if (asked) return;
    asked = setTimeout(() => { asked = 0; ask(); }, 10000);
    window.dash_clientside.set_props("explore-filters", { data: state.filters });
  }
  function answered() {
    clearTimeout(asked);
    asked = 0;
  }
  const busy = (now) => document.getElementById("explore-count")?.setAttribute("aria-busy", now);

  function setFilter(column, filter) {
    const next = Object.assign({}, state.filters);
    if (filter === null) delete next[column];
    else next[column] = filter;
    commit(next);
  }
  function undo() {
    if (!state.past.length) return;
    state.future.push(state.filters);
    commit(state.past.pop(), true);
  }
  function redo() {
    if (!state.future.length) return;
    state.past.push(state.filters);
    commit(state.future.pop(), true);
  }

  /* ---- numbers and dates ---- */
  function edgesOf(variable, filter) {
    const { low, width, count } = variable.bins;
    if (!filter) return null;
    const value = (end) => (variable.kind === "date" ? Date.parse(end) / DAY : end);
    const place = (v) => Math.max(0, Math.min(count, (v - low) / width));
    const from = filter[0] === null ? 0 : place(value(filter[0]));
    let to = filter[1] === null ? count : value(filter[1]);
    if (filter[1] !== null) to = place(variable.whole || variable.kind === "date" ? to + Math.min(1, width) * 0.999 : to);
    return [from, Math.max(from, to)];
  }
  function filterOf(variable, from, to) {
    const { low, width, count, smallest, largest } = variable.bins;
    const whole = variable.whole || variable.kind === "date";
    let start = low + from * width, end = low + to * width;
    if (whole) {
      start = Math.ceil(start - 1e-9);
      end = Math.ceil(end - 1e-9) - 1;
      if (end < start) end = start;
    } else {
      start = +start.toPrecision(10);
      end = +end.toPrecision(10);
    }
    const open = [from <= 0 || start <= smallest, to >= count || end >= largest];
    if (open[0] && open[1]) return null;
    const written = (v) => (variable.kind === "date" ? dayText(v) : v);
    return [open[0] ? null : written(start), open[1] ? null : written(end)];
  }

  function numberPanel(panel, variable) {
    const plot = svg("svg", { class: "hist", height: HEIGHT, role: "img" });
    panel.append(plot);
    const axis = element("div", { class: "axis", "aria-hidden": "true" });
    const ends = element("div", { class: "ends" });
    const type = variable.kind === "date" ? "date" : "text";
    const boxes = [0, 1].map((i) =>
      element("input", {
        type, inputmode: variable.kind === "date" ? null : "decimal", class: "end", autocomplete: "off", spellcheck: "false",
        "aria-label": variable.label + (i ? ", to" : ", from"),
        placeholder: variable.kind === "date" ? null : i ? short(variable.bins.largest) : short(variable.bins.smallest),
        min: type === "date" ? dayText(variable.bins.smallest) : null, max: type === "date" ? dayText(variable.bins.largest) : null,
        onchange: () => readEnds(),
      })
    );
    const message = element("div", { class: "end-message", role: "alert" });
    ends.append(boxes[0], element("span", { "aria-hidden": "true" }, "to"), boxes[1]);
    panel.append(axis, ends, message);

    function readNumber(text) {
      const cleaned = text.trim().replace(/[\s,\u202f']/g, "").toLowerCase();
      const match = /^(-?\d*\.?\d+(?:e[+-]?\d+)?)([km%]?)$/.exec(cleaned);
      if (!match) return NaN;
      return Number(match[1]) * ({ k: 1e3, m: 1e6, "%": 0.01 }[match[2]] || 1);
    }
    function readEnds() {
      const values = boxes.map((box) => (box.value.trim() === "" ? null : type === "date" ? box.value : readNumber(box.value)));
      const wrong = boxes.findIndex((box, i) => typeof values[i] === "number" && Number.isNaN(values[i]));
      boxes.forEach((box, i) => box.setAttribute("aria-invalid", i === wrong));
      if (wrong >= 0) {
        message.textContent = "“" + boxes[wrong].value.trim().slice(0, 20) + "” is not a number.";
        return;
      }
      if (values[0] !== null && values[1] !== null && values[0] > values[1]) {
        message.textContent = "The first must not be above the second.";
        return;
      }
      message.textContent = "";
      setFilter(variable.column, values[0] === null && values[1] === null ? null : values);
    }

    let width = 0;
    let brush = null; // [from, to] in bins while it is being dragged
    const count = variable.bins.count;

    function draw() {
      width = plot.clientWidth || panel.clientWidth || 260;
      const step = width / count;
      const whole = state.whole[variable.column] || [];
      const mine = state.counts[variable.column] || whole;
      const top = Math.max(1, ...whole.slice(0, count));
      const y = (n) => (n ? Math.max(1.5, (n / top) * (HEIGHT - 6)) : 0);
      const gap = step > 5 ? 1 : step > 3 ? 0.5 : 0;
      const now = brush || edgesOf(variable, state.filters[variable.column]);
      const parts = [];
      if (now) parts.push(svg("rect", { class: "brush", x: now[0] * step, y: 0, width: Math.max(1, (now[1] - now[0]) * step), height: HEIGHT }));
      for (const [cls, list] of [["everybody", whole], ["chosen", mine]]) {
        let path = "";
        for (let i = 0; i < count; i += 1) {
          const h = y(list[i] || 0);
          if (h) path += "M" + (i * step + gap / 2).toFixed(1) + " " + HEIGHT + "v" + (-h).toFixed(1) + "h" + (step - gap).toFixed(1) + "v" + h.toFixed(1) + "z";
        }
        parts.push(svg("path", { class: cls, d: path || "M0 0" }));
      }
      if (now) {
        [0, 1].forEach((i) => {
          const x = now[i] * step;
          parts.push(svg("line", { class: "edge", x1: x, x2: x, y1: 0, y2: HEIGHT }));
          const handle = svg("rect", {
            class: "handle", x: x - 4, y: HEIGHT / 2 - 9, width: 8, height: 18, rx: 3, tabindex: 0, role: "slider", "data-edge": i,
            "aria-label": variable.label + (i ? ", upper limit" : ", lower limit"), "aria-valuemin": variable.bins.smallest, "aria-valuemax": variable.bins.largest,
            "aria-valuenow": variable.bins.low + now[i] * variable.bins.width, "aria-valuetext": shown(variable, variable.bins.low + now[i] * variable.bins.width),
          });
          parts.push(handle);
        });
      }
      const focused = document.activeElement && plot.contains(document.activeElement) ? document.activeElement.getAttribute("data-edge") : null;
      plot.replaceChildren(...parts);
      if (focused !== null) plot.querySelector('[data-edge="' + focused + '"]')?.focus();
      plot.setAttribute("aria-label", variable.label + ": " + full(state.selected) + " of " + full(state.total) + " customers selected");
      const high = variable.bins.low + count * variable.bins.width;
      const tail = variable.bins.largest > high;
      const first = variable.whole && variable.bins.width === 1 ? variable.bins.low + 0.5 : Math.max(variable.bins.low, Math.min(variable.bins.smallest, variable.bins.low + variable.bins.width));
      const last = variable.whole && variable.bins.width === 1 ? high - 0.5 : Math.min(high, variable.bins.largest);
      const middle = (first + last) / 2;
      const each = variable.whole && variable.bins.width === 1 && count <= 9;
      axis.classList.toggle("each", each);
      if (each) axis.replaceChildren(...Array.from({ length: count }, (_, i) => element("span", {}, short(variable.bins.low + 0.5 + i) + (tail && i === count - 1 ? "+" : ""))));
      else axis.replaceChildren(element("span", {}, shown(variable, first)), element("span", {}, shown(variable, middle)), element("span", { title: tail ? "the last bar holds all values above" : null }, shown(variable, last) + (tail ? "+" : "")));
      const filter = state.filters[variable.column];
      if (document.activeElement !== boxes[0] && document.activeElement !== boxes[1]) {
        const texts = filter ? filter.map((v) => (v === null ? "" : String(v))) : ["", ""];
        boxes.forEach((box, i) => (box.value = texts[i]));
      }
    }

    /* the brush: drag on the plot to select, drag inside to move, drag an edge to resize, double click to clear */
    plot.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const box = plot.getBoundingClientRect();
      const at = (e) => Math.max(0, Math.min(count, ((e.clientX - box.left) / box.width) * count));
      const start = at(event);
      const now = edgesOf(variable, state.filters[variable.column]);
      const edge = event.target.getAttribute("data-edge");
      const inside = now && edge === null && start > now[0] && start < now[1] && now[1] - now[0] < count;
      let moved = false;
      plot.setPointerCapture(event.pointerId);
      const move = (e) => {
        const here = at(e);
        if (!moved && Math.abs(here - start) * (box.width / count) < 3) return;
        moved = true;
        if (edge !== null) {
          const other = now[1 - Number(edge)];
          brush = [Math.min(here, other), Math.max(here, other)];
        } else if (inside) {
          const shift = Math.max(-now[0], Math.min(count - now[1], here - start));
          brush = [now[0] + shift, now[1] + shift];
        } else brush = [Math.min(start, here), Math.max(start, here)];
        brush = brush.map((v, i) => (i ? Math.min(count, Math.max(Math.round(v), Math.round(brush[0]) + 1)) : Math.min(count - 1, Math.round(v))));
        draw();
      };
      const end = () => {
        plot.removeEventListener("pointermove", move);
        plot.removeEventListener("pointerup", end);
        plot.removeEventListener("pointercancel", end);
        const final = brush;
        brush = null;
        if (moved && final) setFilter(variable.column, filterOf(variable, final[0], final[1]));
        else draw();
      };
      plot.addEventListener("pointermove", move);
      plot.addEventListener("pointerup", end);
      plot.addEventListener("pointercancel", end);
    });
    plot.addEventListener("dblclick", () => setFilter(variable.column, null));
    plot.setAttribute("tabindex", 0);
    plot.addEventListener("keydown", (event) => {
      const now = edgesOf(variable, state.filters[variable.column]) || [0, count];
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (event.key === "Escape" || event.key === "Delete") return setFilter(variable.column, null);
      if (!step) return;
      event.preventDefault();
      const edge = event.target.getAttribute("data-edge");
      let [from, to] = now.map(Math.round);
      if (edge === "0") from = Math.max(0, Math.min(to - 1, from + step));
      else if (edge === "1" || event.shiftKey) to = Math.min(count, Math.max(from + 1, to + step));
      else if (to - from === count) { if (step > 0) from += 1; else to -= 1; }
      else if (from + step >= 0 && to + step <= count) { from += step; to += step; }
      setFilter(variable.column, filterOf(variable, from, to));
    });
    return draw;
  }

  /* ---- categories ---- */
  function choicePanel(panel, variable) {
    const list = element("div", { class: "choices", role: "group", "aria-label": variable.label });
    const blanks = (state.whole[variable.column] || [])[variable.choices.length] || 0;
    const names = blanks ? [...variable.choices, BLANK] : variable.choices;
    const rows = names.map((name) => {
      const all = element("i", { class: "everybody" }), mine = element("i", { class: "chosen" }), n = element("b", {});
      const text = name === "(other)" && variable.others ? "other (" + variable.others + ")" : name === BLANK ? "blank" : name;
      const row = element("button", { class: "choice", type: "button", role: "checkbox", "aria-checked": "false", title: text, onclick: () => toggle(name) },
        element("span", {}, text), element("em", {}, all, mine), n);
      list.append(row);
      return { name, row, all, mine, n };
    });
    if (names.length > 8) {
      panel.append(element("input", { type: "search", class: "find", placeholder: "Find in " + names.length + " values", "aria-label": "Find a value of " + variable.label,
        oninput: (event) => rows.forEach(({ name, row }) => (row.hidden = !name.toLowerCase().includes(event.target.value.toLowerCase()))) }));
    }
    panel.append(list);
    function toggle(name) {
      const chosen = (state.filters[variable.column] || { in: [] }).in;
      const next = chosen.includes(name) ? chosen.filter((v) => v !== name) : [...chosen, name];
      setFilter(variable.column, next.length ? { in: names.filter((v) => next.includes(v)) } : null);
    }
    return function draw() {
      const whole = state.whole[variable.column] || [];
      const mine = state.counts[variable.column] || whole;
      const top = Math.max(1, ...whole);
      const chosen = (state.filters[variable.column] || {}).in;
      rows.forEach((part, i) => {
        const slot = part.name === BLANK ? variable.choices.length : i;
        part.all.style.width = ((whole[slot] || 0) / top) * 100 + "%";
        part.mine.style.width = ((mine[slot] || 0) / top) * 100 + "%";
        part.n.textContent = full(mine[slot] || 0);
        part.row.setAttribute("aria-checked", Boolean(chosen && chosen.includes(part.name)));
        part.row.classList.toggle("out", Boolean(chosen && !chosen.includes(part.name)));
        if (variable.colours) part.mine.style.background = variable.colours[i] || "";
      });
    };
  }

  /* ---- the page ---- */
  let draws = [];
  let built = "";

  function build() {
    const box = document.getElementById("explore-panels");
    if (!box) return;
    draws = [];
    box.replaceChildren();
    state.meta.forEach((variable) => {
      const head = element("div", { class: "panel-head" }, element("h3", { title: variable.label }, variable.label), element("button", { class: "chip accent clear", type: "button", hidden: "", onclick: () => setFilter(variable.column, null) }), element("span", { class: "unit" }, variable.unit));
      const panel = element("section", { class: "card panel", "data-column": variable.column, "aria-label": variable.label }, head);
      box.append(panel);
      const draw = variable.kind === "category" ? choicePanel(panel, variable) : numberPanel(panel, variable);
      draws.push({ variable, panel, draw, clear: head.querySelector(".clear"), unit: head.querySelector(".unit") });
    });
    const more = document.getElementById("explore-more");
    if (more) {
      more.onclick = () => { state.all = !state.all; arrange(); };
    }
    const search = document.getElementById("explore-search");
    if (search) {
      search.value = state.search;
      search.oninput = () => { state.search = search.value; arrange(); };
    }
    document.getElementById("explore-undo").onclick = undo;
    document.getElementById("explore-redo").onclick = redo;
    document.getElementById("explore-reset").onclick = () => commit({});
    arrange();
  }

  function arrange() {
    const wanted = state.search.trim().toLowerCase();
    let rank = 0;
    const box = document.getElementById("explore-panels");
    const columns = getComputedStyle(box).gridTemplateColumns.split(" ").length;
    const first = Math.max(8, columns * FIRST_ROWS);
    draws.forEach(({ variable, panel, draw }) => {
      const found = !wanted || variable.label.toLowerCase().includes(wanted) || variable.column.toLowerCase().includes(wanted);
      const kept = found && (state.all || wanted || rank < first || state.filters[variable.column]);
      if (found) rank += 1;
      const wasHidden = panel.hidden;
      panel.hidden = !kept;
      if (kept && wasHidden) draw();
    });
    const more = document.getElementById("explore-more");
    if (more) {
      more.hidden = Boolean(wanted) || draws.length <= first;
      more.textContent = state.all ? "Show fewer" : "Show all " + draws.length + " variables";
      more.setAttribute("aria-expanded", state.all);
    }
  }

  function drawFilters() {
    draws.forEach(({ variable, draw, clear, unit, panel }) => {
      const filter = state.filters[variable.column];
      clear.hidden = !filter;
      unit.hidden = Boolean(filter);
      panel.classList.toggle("filtered", Boolean(filter));
      if (filter) clear.textContent = inWords(Object.assign({}, variable, { label: "" }), filter).trim() + " ✕";
      clear.setAttribute("aria-label", "Clear the filter on " + variable.label);
      if (!panel.hidden) draw();
    });
    const chips = document.getElementById("explore-chips");
    if (chips) {
      chips.replaceChildren(...state.meta.filter((v) => state.filters[v.column]).map((v) =>
        element("button", { class: "chip accent", type: "button", "aria-label": "Clear " + inWords(v, state.filters[v.column]), onclick: () => setFilter(v.column, null) }, inWords(v, state.filters[v.column]) + " ✕")));
    }
    const any = Object.keys(state.filters).length > 0;
    const reset = document.getElementById("explore-reset");
    if (reset) reset.hidden = !any;
    const back = document.getElementById("explore-undo"), forth = document.getElementById("explore-redo");
    if (back) back.disabled = !state.past.length;
    if (forth) forth.disabled = !state.future.length;
  }

  function drawAll() {
    const count = document.getElementById("explore-count");
    if (count) {
      count.replaceChildren(element("strong", {}, full(state.selected)), " of " + full(state.total) + " customers");
      busy(false);
    }
    const empty = document.getElementById("explore-none");
    if (empty) empty.hidden = state.selected > 0;
    drawFilters();
  }

  let waiting = 0;
  new ResizeObserver(() => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      if (document.getElementById("explore-panels") && draws.length) arrange();
      draws.forEach(({ draw, panel }) => panel.isConnected && !panel.hidden && draw());
    });
  }).observe(document.documentElement);

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.explore = {
    draw: function (meta, counts) {
      if (!meta || !counts) return window.dash_clientside.no_update;
      const box = document.getElementById("explore-panels");
      const key = meta.key;
      state.meta = meta.variables;
      state.whole = meta.counts;
      state.total = meta.total;
      const fresh = built !== key || !box || !box.childElementCount || counts.refused;
      answered();
      if (!fresh && !same(state.filters, counts.filters)) {
        ask();
        return window.dash_clientside.no_update;
      }
      state.counts = counts.counts;
      state.selected = counts.selected;
      if (box && (built !== key || !box.childElementCount)) {
        if (built !== key) Object.assign(state, { past: [], future: [] });
        built = key;
        build();
      }
      state.filters = counts.filters;
      drawAll();
      return window.dash_clientside.no_update;
    },
    /* The filters are in the address, so that a pasted link shows the same. */
    address: function (filters) {
      if (!filters || !/\/explore\/?$|^\/$/.test(location.pathname)) return window.dash_clientside.no_update;
      const search = Object.keys(filters).length ? "?f=" + encodeURIComponent(JSON.stringify(filters)) : "";
      if (search !== location.search) history.replaceState(history.state, "", location.pathname + search);
      return window.dash_clientside.no_update;
    },
  };
})();
