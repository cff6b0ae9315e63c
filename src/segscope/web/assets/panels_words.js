/* What the panels say and are made of: numbers, days and filters in words; elements. */
(function (P) {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const DAY = 86400000;

  P.short = function (value) {
    const size = Math.abs(value);
    for (const [limit, unit, scale] of [[999.5e6, "B", 1e9], [999.5e3, "M", 1e6], [999.5, "k", 1e3]]) {
      if (size >= limit) {
        const scaled = value / scale;
        return (Math.abs(scaled) < 9.95 ? String(+scaled.toFixed(1)) : scaled.toFixed(0)) + unit;
      }
    }
    if (Number.isInteger(value) || size >= 9.95) return value.toFixed(0);
    return String(size >= 1 ? +value.toFixed(1) : +value.toPrecision(2));
  };
  P.percent = (n, of) => (of ? ((100 * n) / of).toFixed(n && n < of / 10 ? 1 : 0) : "0") + " %";
  P.full = (n) => n.toLocaleString("en-GB");
  P.dayText = (days) => new Date(days * DAY).toISOString().slice(0, 10);
  P.days = (text) => Date.parse(text) / DAY;
  P.shown = (variable, value) => (variable.kind === "date" ? P.dayText(value) : P.short(value));

  /* What people call a choice: its name where it is an id. */
  P.called = function (variable, value) {
    const place = variable.names ? variable.choices.indexOf(value) : -1;
    return place < 0 ? value : variable.names[place];
  };

  P.inWords = function (variable, filter) {
    if (filter.in) {
      const names = filter.in.slice(0, 3).map((value) => P.called(variable, value)).join(", ");
      return variable.label + " " + names + (filter.in.length > 3 ? " + " + (filter.in.length - 3) : "");
    }
    const [low, high] = filter.map((end) => (end === null ? null : variable.kind === "date" ? end : P.short(end)));
    if (low === null) return variable.label + " up to " + high;
    return high === null ? variable.label + " from " + low : variable.label + " " + low + " to " + high;
  };

  P.element = function (tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };
  P.svg = (tag, attributes) => P.attributes(document.createElementNS(SVG, tag), attributes);
  P.attributes = function (node, attributes) {
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };
})((window.segscopePanels = window.segscopePanels || {}));
