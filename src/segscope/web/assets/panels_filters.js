/* Filters: what is selected, its history, and asking the server for its counts.

   A filter is {column: [low, high]} for numbers and dates (null leaves an end open; dates as 2014-06-29) or
   {column: {in: [values]}} for choices. */
(function (P) {
  "use strict";

  const state = (P.state = {
    key: "", fit: "", meta: [], whole: {}, counts: {}, filters: {}, total: 0, selected: 0, past: [], future: [], search: "", logs: [],
  });
  P.same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  P.commit = function (filters, keepHistory) {
    if (P.same(filters, state.filters)) return;
    if (!keepHistory) {
      state.past.push(state.filters);
      state.future = [];
    }
    state.filters = filters;
    P.drawFilters();
    P.cubes.follow();
    P.ask();
  };

  /* One question to the server at a time; the newest waits for the answer. */
  let asked = 0;
  let last = null;
  P.ask = function () {
    P.busy(true);
    if (asked) return;
    asked = setTimeout(() => { asked = 0; P.ask(); }, 10000);
    last = state.filters;
    window.dash_clientside.set_props("explore-filters", { data: state.filters });
  };
  P.answered = function () {
    clearTimeout(asked);
    asked = 0;
  };
  P.busy = (now) => document.getElementById("explore-count")?.setAttribute("aria-busy", now);

  /* Filters that somebody else on the page has set, such as a saved choice, are ours from then on. */
  P.adopt = function (filters) {
    if (!last || P.same(filters, last) || P.same(filters, state.filters)) return;
    state.past.push(state.filters);
    state.future = [];
    state.filters = last = filters;
    P.busy(true);
    P.drawFilters();
    P.cubes.follow();
  };

  P.setFilter = function (column, filter) {
    const next = Object.assign({}, state.filters);
    if (filter === null) delete next[column];
    else next[column] = filter;
    P.commit(next);
  };
  P.undo = function () {
    if (!state.past.length) return;
    state.future.push(state.filters);
    P.commit(state.past.pop(), true);
  };
  P.redo = function () {
    if (!state.future.length) return;
    state.past.push(state.filters);
    P.commit(state.future.pop(), true);
  };
})((window.segscopePanels = window.segscopePanels || {}));
