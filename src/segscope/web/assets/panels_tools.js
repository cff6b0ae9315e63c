/* Which panels a person has put first or away, and in which order the others stand, kept in this browser for each study. */
(function (P) {
  "use strict";

  const ICONS = {
    pin: "M6.2 2.5h3.6l-.4 4 2.1 2v1H4.5v-1l2.1-2zM8 9.5V14",
    hide: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM3 13 13 3",
    numbers: "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6M2.5 9.5h11",
    show: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM8 6.4a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2z",
  };
  const place = () => "segscope-panels:" + (/\/s\/([^/]+)/.exec(location.pathname) || ["", ""])[1];
  let told = null; // { place, pinned, hidden, order, all }: what is kept, or was chosen where nothing can be kept
  P.showHidden = false;

  P.arrangement = function () {
    if (told && told.place === place()) return told;
    let found = {};
    try { found = JSON.parse(localStorage.getItem(place())) || {}; } catch (e) { found = {}; }
    const list = (value) => (Array.isArray(value) ? value.filter((name) => typeof name === "string") : []);
    told = { place: place(), pinned: list(found.pinned), hidden: list(found.hidden), order: String(found.order || ""), all: found.all === true };
    return told;
  };

  function turn(kind, column) {
    const now = P.arrangement();
    P.rearrange({ [kind]: now[kind].includes(column) ? now[kind].filter((name) => name !== column) : [...now[kind], column] });
  }
  P.rearrange = function (change) {
    const { pinned, hidden, order, all } = Object.assign(P.arrangement(), change);
    try { localStorage.setItem(place(), JSON.stringify({ pinned, hidden, order, all })); } catch (e) { /* for this visit only */ }
    P.arrange();
  };

  /* How much a variable's shares among the selected are others than everybody's, 0 to 1. */
  function shift({ key }) {
    const whole = P.state.whole[key] || [], mine = P.state.counts[key] || whole;
    const sum = (of) => of.reduce((a, b) => a + b, 0) || 1, all = sum(whole), some = sum(mine);
    return whole.reduce((found, n, i) => found + Math.abs(n / all - (mine[i] || 0) / some), 0) / 2;
  }
  const ORDERS = {
    file: (a, b) => a.place - b.place,
    name: (a, b) => a.label.localeCompare(b.label),
    differs: (a, b) => Boolean(P.state.filters[b.column]) - Boolean(P.state.filters[a.column]) || shift(b) - shift(a),
  };
  /* The panels in the order that was chosen; as the server sends them, features are first. */
  P.inOrder = function (parts) {
    const by = ORDERS[P.arrangement().order];
    return by ? [...parts].sort((a, b) => by(a.variable, b.variable)) : parts;
  };

  function icon(name) {
    const drawn = P.svg("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" });
    drawn.append(P.svg("path", { d: ICONS[name], fill: "none", stroke: "currentColor", "stroke-width": 1.4, "stroke-linejoin": "round", "stroke-linecap": "round" }));
    return drawn;
  }

  /* The buttons of a panel, and what redraws them. */
  P.panelTools = function (variable) {
    const pin = P.element("button", { class: "tool", type: "button", onclick: () => turn("pinned", variable.column) }, icon("pin"));
    const numbers = P.element("button", {
      class: "tool", type: "button", title: "Numbers and picture", "aria-label": "Numbers of " + variable.label, onclick: () => P.showPanelNumbers(variable),
    }, icon("numbers"));
    const hide = P.element("button", { class: "tool", type: "button", onclick: () => turn("hidden", variable.column) });
    function draw() {
      const { pinned, hidden } = P.arrangement();
      const isPinned = pinned.includes(variable.column), isHidden = hidden.includes(variable.column);
      const name = (button, words) => P.attributes(button, { "aria-label": words + " " + variable.label, title: words });
      name(pin, isPinned ? "Unpin" : "Pin");
      pin.setAttribute("aria-pressed", isPinned);
      name(hide, isHidden ? "Show again:" : "Hide");
      hide.replaceChildren(icon(isHidden ? "show" : "hide"));
    }
    return { node: P.element("span", { class: "tools" }, numbers, pin, hide), draw };
  };

  /* The button that brings hidden panels back into sight. */
  P.hiddenButton = function () {
    const button = P.element("button", { class: "button quiet panels-hidden", type: "button", onclick: () => { P.showHidden = !P.showHidden; P.arrange(); } });
    function draw(number) {
      button.hidden = !number;
      button.textContent = (P.showHidden ? "Put hidden away" : "Show hidden") + " (" + number + ")";
      button.setAttribute("aria-expanded", P.showHidden);
    }
    return { node: button, draw };
  };
})((window.segscopePanels = window.segscopePanels || {}));
