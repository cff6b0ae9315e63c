/* Bins and limits: from a filter to places on the axis, counted in bins, and back.

   A brush that lies on edges of bins must let through exactly the customers that are counted in its bins. A customer is
   in bin i when (value - low) / width, as computers round it, is from i up to i + 1; so a limit is the number at which
   that quotient reaches i, not low + i * width, which may be rounded to the other side. */
(function (P) {
  "use strict";

  /* The last number below bin i and the first number in it: neighbours among floating-point numbers. */
  function around({ low, width, edges }, i) {
    if (edges.length) return [before(edges[i]), edges[i]];
    let below = low + (i - 1) * width, within = low + (i + 1) * width;
    for (;;) {
      const middle = below + (within - below) / 2;
      if (middle <= below || middle >= within) return [below, within];
      if ((middle - low) / width >= i) within = middle;
      else below = middle;
    }
  }

  function before(positive) {
    const number = new Float64Array([positive]);
    new BigInt64Array(number.buffer)[0] -= 1n;
    return number[0];
  }

  /* The value at a place on the axis, in bins; and the place of a value. */
  P.valueAt = function ({ low, width, count, edges }, place) {
    if (!edges.length) return low + place * width;
    const i = Math.max(0, Math.min(count - 1, Math.floor(place)));
    return edges[i] + (place - i) * (edges[i + 1] - edges[i]);
  };
  function placeOf({ low, width, count, edges }, value) {
    if (!edges.length) return (value - low) / width;
    let i = 0;
    while (i < count - 1 && value >= edges[i + 1]) i += 1;
    return i + (value - edges[i]) / (edges[i + 1] - edges[i]);
  }

  const counted = (variable) => variable.whole || variable.kind === "date";

  /* Where a filter begins and ends on the axis, in bins; null without a filter. */
  P.edgesOf = function (variable, filter) {
    if (!filter) return null;
    const { low, count } = variable.bins;
    const value = (end) => (variable.kind === "date" ? P.days(end) : end);
    const place = (v) => Math.max(0, Math.min(count, placeOf(variable.bins, v)));
    // Whole numbers fill their bar: with bins from -0.5, the bar of 3 is from 2.5 to 3.5.
    const half = counted(variable) && !Number.isInteger(low) ? 0.5 : 0;
    const from = filter[0] === null ? 0 : place(value(filter[0]) - half);
    const to = filter[1] === null ? count : place(value(filter[1]) + (counted(variable) ? 1 - half : 0));
    return [from, Math.max(from, to)];
  };

  /* The filter of a brush from one edge of the bins to another; null where it holds everything. */
  P.filterOf = function (variable, from, to) {
    const { count } = variable.bins;
    if (from <= 0 && to >= count) return null;
    const written = (v) => (variable.kind === "date" ? P.dayText(v) : v);
    const start = () => around(variable.bins, from)[1], end = () => around(variable.bins, to)[0];
    return [
      from <= 0 ? null : written(counted(variable) ? Math.ceil(start()) : start()),
      to >= count ? null : written(counted(variable) ? Math.floor(end()) : end()),
    ];
  };

  /* Counts as bars: one path over all bins. */
  P.bars = function (counts, bins, step, height, top) {
    const gap = step > 5 ? 1 : step > 3 ? 0.5 : 0;
    const wide = "h" + (step - gap).toFixed(1);
    let path = "";
    for (let i = 0; i < bins; i += 1) {
      if (!counts[i]) continue;
      const high = Math.max(1.5, (counts[i] / top) * (height - 6)).toFixed(1);
      path += "M" + (i * step + gap / 2).toFixed(1) + " " + height + "v-" + high + wide + "v" + high + "z";
    }
    return path || "M0 0";
  };

  /* A text as a day, or as the first or last day of a month or a year; NaN where it is none. */
  P.readDay = function (text, last) {
    const match = /^(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?$/.exec(text.trim());
    if (!match) return NaN;
    const [year, month, day] = match.slice(1).map((part) => part && Number(part));
    const from = (y, m, d) => new Date(Date.UTC(y, m - 1, d));
    const found = day ? from(year, month, day) : !last ? from(year, month || 1, 1) : month ? from(year, month + 1, 0) : from(year, 12, 31);
    const kept = (!month || found.getUTCMonth() === month - 1) && (!day || found.getUTCDate() === day);
    return kept ? found.toISOString().slice(0, 10) : NaN;
  };

  /* A text as a number: 1,200 or 1.2k or 35%; NaN where it is none. */
  P.readNumber = function (text) {
    const cleaned = text.trim().replace(/[\s,\u202f']/g, "").toLowerCase();
    const match = /^(-?\d*\.?\d+(?:e[+-]?\d+)?)([km%]?)$/.exec(cleaned);
    if (!match) return NaN;
    return Number(match[1]) * ({ k: 1e3, m: 1e6, "%": 0.01 }[match[2]] || 1);
  };
})((window.segscopePanels = window.segscopePanels || {}));
