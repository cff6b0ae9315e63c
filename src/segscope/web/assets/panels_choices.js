/* A panel of a category: a bar a value, to click; a value inside "other" is found by typing. */
(function (P) {
  "use strict";

  const BLANK = "(blank)";
  const PAUSE = 250; // milliseconds without a key before the server is asked
  const MANY = 8;
  const REST = 120; // milliseconds that the pointer rests on a value before its selection is shown

  P.choicePanel = function (panel, variable) {
    const { element } = P;
    const list = element("div", { class: "choices", role: "group", "aria-label": variable.label });
    const whole = () => P.state.whole[variable.key] || [];
    const names = whole()[variable.choices.length] ? [...variable.choices, BLANK] : variable.choices;
    const rows = names.map((name) => addRow(name, nameOf(name)));
    const rare = new Map(); // values inside "other" that were found or chosen, with their rows

    function nameOf(name) {
      return name === "(other)" && variable.others ? "other (" + P.full(variable.others) + ")" : name === BLANK ? "blank" : P.called(variable, name);
    }
    function addRow(name, text, title) {
      const all = element("i", { class: "everybody" }), mine = element("i", { class: "chosen" }), n = element("b", {});
      const row = element("button", { class: "choice", type: "button", role: "checkbox", "aria-checked": "false", title: title || text, onclick: () => toggle(name),
        onpointerenter: (event) => { if (event.pointerType === "mouse") consider(name); }, onpointerleave: () => consider(null) },
        element("span", {}, text), element("em", {}, all, mine), n);
      list.append(row);
      return { name, row, all, mine, n };
    }

    const find = names.length > MANY || variable.others ? findField() : null;
    if (find) panel.append(find);
    panel.append(list);

    function findField() {
      const many = variable.others ? names.length - 1 + variable.others : names.length;
      let timer = 0;
      return element("input", {
        type: "search", class: "find", placeholder: "Find in " + P.full(many) + " values", "aria-label": "Find a value of " + variable.label,
        oninput: () => {
          const wanted = find.value.trim().toLowerCase();
          rows.forEach(({ name, row }) => (row.hidden = !nameOf(name).toLowerCase().includes(wanted)));
          drawRare([]);
          clearTimeout(timer);
          if (wanted && variable.others) timer = setTimeout(() => search(wanted), PAUSE);
        },
      });
    }
    function search(wanted) {
      const study = /\/s\/([^/]+)/.exec(location.pathname);
      const query = new URLSearchParams({ fit: P.state.fit, column: variable.place, search: wanted });
      fetch("/api/studies/" + study[1] + "/values?" + query)
        .then((answer) => answer.json())
        .then(({ values }) => find.value.trim().toLowerCase() === wanted && values && drawRare(values.filter(([name]) => !names.includes(name))))
        .catch(() => {}); // the values that are shown can be searched all the same
    }
    /* Rows for values inside "other": those found, and those chosen. */
    function drawRare(found) {
      const counted = new Map(found);
      const kept = [...new Set([...chosen().filter((name) => !names.includes(name)), ...counted.keys()])];
      for (const [name, { row }] of rare) {
        if (!kept.includes(name)) {
          row.remove();
          rare.delete(name);
        }
      }
      kept.filter((name) => !rare.has(name)).forEach((name) => rare.set(name, addRow(name, name, name + ", one of “other”")));
      for (const [name, part] of rare) {
        if (counted.has(name)) part.n.textContent = P.full(counted.get(name));
        mark(part);
      }
    }

    const chosen = () => (P.state.filters[variable.column] || { in: [] }).in;
    function mark({ name, row }) {
      row.setAttribute("aria-checked", chosen().includes(name));
      row.classList.toggle("out", chosen().length > 0 && !chosen().includes(name));
    }
    const slot = (name) => (name === BLANK ? variable.choices.length : names.indexOf(name));
    function turned(name) {
      const next = chosen().includes(name) ? chosen().filter((value) => value !== name) : [...chosen(), name];
      return [...names.filter((value) => next.includes(value)), ...next.filter((value) => !names.includes(value))];
    }
    function preview(values) {
      const known = values.every((value) => names.includes(value));
      return known && P.cubes.preview(variable, values.length ? values.map((value) => [slot(value), slot(value) + 1]) : null);
    }
    /* What a click would select is shown while the pointer rests on a value. */
    let waiting = 0, considered = false;
    function consider(name) {
      clearTimeout(waiting);
      if (name !== null) waiting = setTimeout(() => { considered = preview(turned(name)); if (considered) P.drawCounts(); }, REST);
      else if (considered) {
        considered = false;
        Object.assign(P.state, P.state.served);
        P.drawCounts();
      }
    }
    function toggle(name) {
      clearTimeout(waiting);
      considered = false;
      const ordered = turned(name);
      if (preview(ordered)) P.drawCounts();
      P.setFilter(variable.column, ordered.length ? { in: ordered } : null);
    }

    function drawCounts() {
      const mine = P.state.counts[variable.key] || whole();
      const top = Math.max(1, ...whole());
      rows.forEach((part) => {
        part.mine.style.width = ((mine[slot(part.name)] || 0) / top) * 100 + "%";
        const n = mine[slot(part.name)] || 0, all = whole()[slot(part.name)] || 0;
        part.n.textContent = P.full(n);
        part.row.title = nameOf(part.name) + ": " + P.full(n) + (n === all ? "" : " of " + P.full(all)) + ", " + P.percent(n, P.state.selected) + " of the selected";
      });
    }
    function draw() {
      const top = Math.max(1, ...whole());
      rows.forEach((part, i) => {
        part.all.style.width = ((whole()[slot(part.name)] || 0) / top) * 100 + "%";
        if (variable.colours) part.mine.style.background = variable.colours[i] || "";
        mark(part);
      });
      if (!find || !find.value) drawRare([]);
      else rare.forEach(mark);
      drawCounts();
    }
    return { draw, drawCounts };
  };
})((window.segscopePanels = window.segscopePanels || {}));
