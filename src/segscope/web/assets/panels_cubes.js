/* Cubes of counts: this variable's slots by those of every panel in view, so that a brush needs no server while it moves.

   The server sends counts; here they become running sums over this variable's slots, so that the counts under a brush
   are one row less another, however wide it is. */
(function (P) {
  "use strict";

  const PAUSE = 25; // milliseconds that the pointer rests before anything is asked; what it has passed by is asked no further
  const KEPT = 24;
  const kept = new Map(); // key: the fit, the variable, the filters but its own -> { own, tables: key -> running sums }
  let active = null; // the variable that the pointer or the keyboard is at
  let pending = null; // { key, variable, stop }: one question at a time
  let timer = 0;

  const slots = (variable) => (variable.bins ? variable.bins.count : variable.choices.length);
  const others = (column) => Object.fromEntries(Object.entries(P.state.filters).filter(([name]) => name !== column));
  const keyOf = ({ column, key }) => JSON.stringify([P.state.key, key, others(column)]);

  function runningSums(counts, rows, columns) {
    const sums = new Uint32Array((rows + 1) * columns);
    for (let i = 0; i < rows * columns; i += 1) sums[columns + i] = sums[i] + counts[i];
    return sums;
  }
  function between(sums, columns, ranges) {
    const counts = new Uint32Array(columns);
    for (const [from, to] of ranges) {
      for (let j = 0; j < columns; j += 1) counts[j] += sums[to * columns + j] - sums[from * columns + j];
    }
    return counts;
  }

  const missing = (found, variable) => P.inView().filter((other) => other !== variable && !found?.tables.has(other.key));

  function load() {
    const variable = active;
    const study = /\/s\/([^/]+)/.exec(location.pathname);
    if (!variable || pending || !study) return;
    const key = keyOf(variable), found = kept.get(key), wanted = missing(found, variable).slice(0, 60);
    if (found && !wanted.length) return;
    const query = new URLSearchParams({
      fit: P.state.fit, column: variable.place, shown: wanted.map((other) => other.place).join(","), f: JSON.stringify(others(variable.column)),
    });
    const stop = new AbortController();
    pending = { key, variable, stop };
    fetch("/api/studies/" + study[1] + "/cube?" + query, { signal: stop.signal })
      .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(answer.status))))
      .then((body) => keep(key, variable, wanted, new Uint32Array(body)))
      .catch(() => { if (!stop.signal.aborted) active = null; }) // brushing goes on without a cube
      .finally(() => { pending = null; load(); P.redrag(); });
  }

  function keep(key, variable, wanted, counts) {
    const rows = slots(variable) + 1;
    const numbers = wanted.reduce((sum, other) => sum + rows * (slots(other) + 1), rows);
    if (counts.length !== numbers) throw new Error("these are not the counts that were asked for");
    const found = kept.get(key) || { own: null, tables: new Map() };
    found.own = counts.subarray(0, rows);
    let at = rows;
    for (const other of wanted) {
      const columns = slots(other) + 1;
      found.tables.set(other.key, { columns, sums: runningSums(counts.subarray(at, at + rows * columns), rows, columns) });
      at += rows * columns;
    }
    kept.delete(key);
    kept.set(key, found);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(load, PAUSE);
  }

  P.cubes = {
    /* The pointer or the focus is at a variable's panel. */
    approach(variable) {
      active = variable;
      soon();
    },
    leave(variable) {
      if (active === variable) active = null;
    },
    /* The filters are others, or other panels are in view. */
    follow() {
      if (pending && pending.key !== keyOf(pending.variable)) pending.stop.abort();
      soon();
    },
    ready: (variable) => kept.has(keyOf(variable)) && !missing(kept.get(keyOf(variable)), variable).length,

    /* Show what a choice of slots, as [from, to) ranges, would select; null stands for no filter. False without a cube. */
    preview(variable, ranges) {
      const found = kept.get(keyOf(variable));
      if (!found) return false;
      const rows = found.own.length, chosen = ranges || [[0, rows]];
      const counts = Object.assign({}, P.state.counts);
      for (const [key, { columns, sums }] of found.tables) counts[key] = between(sums, columns, chosen);
      const own = new Uint32Array(rows);
      for (const [from, to] of chosen) own.set(found.own.subarray(from, to), from);
      counts[variable.key] = own;
      P.state.counts = counts;
      P.state.selected = own.reduce((sum, n) => sum + n, 0);
      return true;
    },
  };
})((window.segscopePanels = window.segscopePanels || {}));
