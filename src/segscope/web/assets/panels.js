/* The variable panels of the Explore page: a small chart a variable, everybody in grey, the selection in front. The server
   sends counts (the whole once, the selection after each change) and receives filters; while a brush moves, counts come
   from a cube. This file builds, arranges and draws the panels; the others hold an idea each:

   panels_filters.js what is selected      panels_cubes.js  counts while brushing    panels_bins.js  limits and bars
   panels_brush.js   numbers and dates     panels_choices.js categories              panels_tools.js pin and hide
   panels_scales.js  logarithmic bins      panels_words.js   words and elements
   panels_numbers.js a panel's numbers as a table, CSV and picture */
(function (P) {
  "use strict";

  const FIRST_ROWS = 3;
  const NEARBY = "120px";
  let parts = []; // { variable, panel, draw, drawCounts, tools, clear, unit, near }
  let built = "";
  let hidden = null;
  let watcher = null;

  function build() {
    const box = document.getElementById("explore-panels");
    if (!box) return;
    const { element } = P;
    watcher?.disconnect();
    watcher = new IntersectionObserver((seen) => {
      seen.forEach(({ target, isIntersecting }) => { parts.find(({ panel }) => panel === target).near = isIntersecting; });
      P.drawCounts();
      P.cubes.follow();
    }, { rootMargin: NEARBY });
    box.replaceChildren();
    parts = P.state.meta.map((variable) => {
      const scale = P.scaleSwitch(variable, () => redraw(variable));
      const clear = element("button", { class: "chip accent clear", type: "button", hidden: "", onclick: () => P.setFilter(variable.column, null) });
      const unit = element("span", { class: "unit" }, variable.unit), tools = P.panelTools(variable);
      const head = element("div", { class: "panel-head" }, element("h3", { title: variable.label }, variable.label), ...(scale ? [scale] : []), clear, unit, tools.node);
      const panel = element("section", {
        class: "card panel", "data-column": variable.column, "aria-label": variable.label,
        onpointerenter: () => P.cubes.approach(variable), onfocusin: () => P.cubes.approach(variable), onpointerleave: () => P.cubes.leave(variable),
      }, head);
      box.append(panel);
      return { variable, panel, head, tools, clear, unit, near: false, ...body(panel, variable) };
    });
    parts.forEach(({ panel }) => watcher.observe(panel));
    hidden = P.hiddenButton();
    box.append(hidden.node);
    const more = document.getElementById("explore-more");
    if (more) more.onclick = () => P.rearrange({ all: !P.arrangement().all });
    const order = document.getElementById("explore-order");
    if (order) Object.assign(order, { value: P.arrangement().order, onchange: () => P.rearrange({ order: order.value }) });
    const search = document.getElementById("explore-search");
    if (search) {
      search.value = P.state.search;
      search.oninput = () => { P.state.search = search.value; P.arrange(); };
    }
    document.getElementById("explore-undo").onclick = P.undo;
    document.getElementById("explore-redo").onclick = P.redo;
    document.getElementById("explore-reset").onclick = () => P.commit({});
    P.arrange();
  }

  const body = (panel, variable) => (variable.kind === "category" ? P.choicePanel(panel, variable) : P.numberPanel(panel, variable));

  /* A panel whose bins are others now. */
  function redraw(variable) {
    const part = parts.find((each) => each.variable === variable);
    [...part.panel.children].filter((child) => child !== part.head).forEach((child) => child.remove());
    Object.assign(part, body(part.panel, variable));
    part.draw(true);
    P.cubes.approach(variable);
  }

  /* Which panels are shown, and in which order. */
  P.arrange = function () {
    const box = document.getElementById("explore-panels");
    if (!box || !hidden) return;
    const kept = P.arrangement();
    const isPinned = ({ variable }) => kept.pinned.includes(variable.column);
    const isHidden = ({ variable }) => kept.hidden.includes(variable.column);
    const inOrder = P.inOrder(parts);
    const ordered = [...inOrder.filter(isPinned), ...inOrder.filter((part) => !isPinned(part))];
    const focused = document.activeElement;
    ordered.forEach(({ panel }, i) => { if (box.children[i] !== panel) box.insertBefore(panel, box.children[i]); });
    if (focused && box.contains(focused)) focused.focus({ preventScroll: true });
    const wanted = P.state.search.trim().toLowerCase();
    const columns = getComputedStyle(box).gridTemplateColumns.split(" ").length;
    const first = Math.max(8, columns * FIRST_ROWS);
    let rank = 0;
    const appeared = ordered.filter((part) => {
      const { variable, panel } = part;
      const found = !wanted || variable.label.toLowerCase().includes(wanted) || variable.column.toLowerCase().includes(wanted);
      const away = isHidden(part) && !P.showHidden && !wanted;
      const shown = found && !away && (kept.all || wanted || rank < first || P.state.filters[variable.column] || isPinned(part));
      if (found && !away) rank += 1;
      const before = panel.hidden;
      panel.hidden = !shown;
      panel.classList.toggle("pinned", isPinned(part));
      panel.classList.toggle("put-away", isHidden(part));
      part.tools.draw();
      return shown && before;
    });
    appeared.forEach(({ draw }) => draw(true));
    hidden.draw(kept.hidden.filter((name) => parts.some(({ variable }) => variable.column === name)).length);
    const more = document.getElementById("explore-more");
    if (more) {
      const rest = parts.filter((part) => !isHidden(part)).length;
      more.hidden = Boolean(wanted) || rest <= first;
      more.textContent = kept.all ? "Show fewer" : "Show all " + rest + " variables";
      more.setAttribute("aria-expanded", kept.all);
    }
  };

  const visible = () => parts.filter(({ panel, near }) => near && !panel.hidden && panel.isConnected);
  P.inView = () => visible().map(({ variable }) => variable).sort((a, b) => a.place - b.place);

  function drawSelected() {
    const count = document.getElementById("explore-count");
    if (!count) return;
    if (!count.firstElementChild) count.append(P.element("strong", {}), "");
    count.firstElementChild.textContent = P.full(P.state.selected);
    count.lastChild.textContent = " of " + P.full(P.state.total) + " customers";
  }

  /* The counts alone, of what can be seen: what changes while a brush moves. */
  P.drawCounts = function () {
    drawSelected();
    visible().forEach(({ drawCounts }) => drawCounts());
  };

  P.drawFilters = function () {
    const { state } = P;
    parts.forEach(({ variable, draw, clear, unit, panel }) => {
      const filter = state.filters[variable.column];
      clear.hidden = !filter;
      unit.hidden = Boolean(filter);
      panel.classList.toggle("filtered", Boolean(filter));
      if (filter) clear.replaceChildren(P.element("span", {}, P.inWords(Object.assign({}, variable, { label: "" }), filter).trim()), " ✕");
      clear.setAttribute("aria-label", "Clear the filter on " + variable.label);
      if (!panel.hidden) draw();
    });
    const chips = document.getElementById("explore-chips");
    if (chips) {
      chips.replaceChildren(...state.meta.filter((v) => state.filters[v.column]).map((v) => {
        const words = P.inWords(v, state.filters[v.column]);
        return P.element("button", { class: "chip accent", type: "button", "aria-label": "Clear " + words, onclick: () => P.setFilter(v.column, null) }, words + " ✕");
      }));
    }
    const reset = document.getElementById("explore-reset");
    if (reset) reset.hidden = !Object.keys(state.filters).length;
    const back = document.getElementById("explore-undo"), forth = document.getElementById("explore-redo");
    if (back) back.disabled = !state.past.length;
    if (forth) forth.disabled = !state.future.length;
  };

  function drawAll() {
    drawSelected();
    P.busy(false);
    if (P.arrangement().order === "differs") P.arrange();
    const empty = document.getElementById("explore-none");
    if (empty) empty.hidden = P.state.selected > 0;
    P.drawFilters();
    P.redrag();
  }

  /* Ctrl Z and Ctrl Shift Z (or Y), unless something is being typed. */
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !parts.length || !parts[0].panel.isConnected) return;
    const key = event.key.toLowerCase();
    if (!["z", "y"].includes(key) || event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) P.redo();
    else P.undo();
  });

  let waiting = 0;
  new ResizeObserver(() => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      if (!parts.length || !parts[0].panel.isConnected) return;
      P.arrange();
      parts.forEach(({ draw, panel }) => !panel.hidden && draw(true));
    });
  }).observe(document.documentElement);

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.explore = {
    draw: function (meta, counts) {
      if (!meta || !counts) return window.dash_clientside.no_update;
      const { state } = P;
      const box = document.getElementById("explore-panels");
      Object.assign(state, { key: meta.key, fit: meta.fit, total: meta.total });
      const stale = built !== meta.key || !box || !box.childElementCount;
      P.answered();
      if (!stale && !counts.refused && !P.same(state.filters, counts.filters)) {
        P.ask();
        return window.dash_clientside.no_update;
      }
      if (stale) {
        Object.assign(state, { meta: meta.variables.map((variable) => Object.assign({}, variable)), whole: Object.assign({}, meta.counts) });
        P.readScales();
      }
      state.counts = Object.assign(P.scaleCounts(), counts.counts);
      state.selected = counts.selected;
      state.served = { counts: state.counts, selected: counts.selected };
      if (box && stale) {
        if (built !== meta.key) Object.assign(state, { past: [], future: [] });
        built = meta.key;
        build();
      }
      state.filters = counts.filters;
      drawAll();
      P.countScales();
      return window.dash_clientside.no_update;
    },
    /* The filters are in the address, so that a pasted link shows the same. */
    address: function (filters) {
      if (!filters || !/\/explore\/?$|^\/$/.test(location.pathname)) return window.dash_clientside.no_update;
      if (parts.length && parts[0].panel.isConnected) P.adopt(filters);
      P.writeAddress(filters, parts.length && parts[0].panel.isConnected ? P.state.logs : P.wantedScales());
      return window.dash_clientside.no_update;
    },
  };
})((window.segscopePanels = window.segscopePanels || {}));
