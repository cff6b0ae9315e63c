/* The numbers of a panel as a table and CSV, and the panel as a picture; the same for what sets a selection apart. */
(function (P) {
  "use strict";

  const WIDE = 640, ROW = 26, EDGE = 20, HEAD = 44, TALL = 220;
  const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
  const look = (name) => getComputedStyle(document.body).getPropertyValue("--" + name).trim();
  const share = (n, of) => (of ? +((100 * n) / of).toFixed(1) : 0);

  /* From and up to which value a bin holds, in words. */
  P.binWords = function (variable, i) {
    const { low, width, count, smallest, largest, edges } = variable.bins;
    const single = variable.whole && width === 1 && !edges.length;
    const from = P.valueAt(variable.bins, i), to = P.valueAt(variable.bins, i + 1);
    if (i === count - 1 && (edges.length || largest > low + count * width)) return P.shown(variable, single ? from + 0.5 : from) + " to " + P.shown(variable, largest);
    if (i === 0 && !edges.length && smallest < low) return P.shown(variable, smallest) + " to " + P.shown(variable, to);
    return single ? P.shown(variable, from + 0.5) : P.shown(variable, from) + " to " + P.shown(variable, to);
  };

  const slots = (variable) => (variable.bins ? variable.bins.count : variable.choices.length);
  function rowsOf(variable) {
    const whole = P.state.whole[variable.key] || [], mine = P.state.counts[variable.key] || whole, bars = slots(variable);
    const names = Array.from({ length: bars }, (_, i) => (variable.bins ? P.binWords(variable, i) : variable.choices[i]));
    if (whole[bars]) names.push("(blank)");
    return names.map((name, i) => ({ name, whole: whole[i] || 0, mine: mine[i] || 0 }));
  }

  P.showPanelNumbers = function (variable) {
    const rows = rowsOf(variable), { selected, total } = P.state;
    const head = [variable.label + (variable.unit ? " (" + variable.unit + ")" : ""), "selected", "share of the selected, %", "everybody", "share of everybody, %"];
    const table = rows.map(({ name, whole, mine }) => [name, mine, share(mine, selected), whole, share(whole, total)]);
    window.segscopeCharts.show(variable.label, { head, rows: table }, () => picture(variable.bins ? upright(variable, rows) : lying(variable, rows)));
  };

  const text = (x, y, words, more = "") => `<text x="${x}" y="${y}" ${more}>${escape(words)}</text>`;
  const bar = (x, y, w, h, fill) => `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${Math.max(0, w).toFixed(1)}" height="${Math.max(0, h).toFixed(1)}" fill="${fill}" rx="1"/>`;
  const title = (words, note) => text(EDGE, 24, words, `font-weight="600" font-size="15"`) + text(EDGE, 40, note, `fill="${look("secondary")}"`);
  const selectedWords = () => P.full(P.state.selected) + " of " + P.full(P.state.total) + " customers selected";

  function upright(variable, rows) {
    const bars = rows.slice(0, variable.bins.count), top = Math.max(1, ...bars.map(({ whole }) => whole)), step = (WIDE - 2 * EDGE) / bars.length;
    const foot = HEAD + TALL, high = (n) => (n / top) * (TALL - 16);
    const drawn = bars.map(({ whole, mine }, i) => bar(EDGE + i * step, foot - high(whole), step - 1, high(whole), look("everybody")) + bar(EDGE + i * step, foot - high(mine), step - 1, high(mine), look("accent")));
    const ends = [[EDGE, bars[0].name, "start"], [WIDE / 2, bars[bars.length >> 1].name, "middle"], [WIDE - EDGE, bars[bars.length - 1].name, "end"]];
    const axis = ends.map(([x, words, anchor]) => text(x, foot + 18, words, `text-anchor="${anchor}" fill="${look("secondary")}"`));
    return [title(variable.label + (variable.unit ? " (" + variable.unit + ")" : ""), selectedWords()) + drawn.join("") + axis.join(""), foot + 30];
  }
  function lying(variable, rows) {
    const top = Math.max(1, ...rows.map(({ whole }) => whole)), left = 200, room = WIDE - left - 110;
    const drawn = rows.map(({ name, whole, mine }, i) => {
      const y = HEAD + 8 + i * ROW, fill = (variable.colours || [])[i];
      const own = fill ? look(/--([\w-]+)/.exec(fill)[1]) : look("accent");
      return text(EDGE, y + 13, name.slice(0, 28)) + bar(left, y + 3, (whole / top) * room, 12, look("everybody")) + bar(left, y + 3, (mine / top) * room, 12, own) + text(WIDE - EDGE, y + 13, P.full(mine) + " of " + P.full(whole), `text-anchor="end" fill="${look("secondary")}"`);
    });
    return [title(variable.label, selectedWords()) + drawn.join(""), HEAD + 16 + rows.length * ROW];
  }

  /* An SVG of our own as a PNG of twice its size. */
  function picture([inside, height]) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDE}" height="${height}" viewBox="0 0 ${WIDE} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${look("text")}"><rect width="100%" height="100%" fill="${look("card")}"/>${inside}</svg>`;
    return new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 2 * WIDE, height: 2 * height });
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob(resolve, "image/png");
      };
      image.onerror = reject;
      image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
    });
  }

  /* How the selection differs: its rows as they stand on the page. */
  function differing() {
    const rows = [...document.querySelectorAll("#explore-differs .differs-row")].map((row) => ({
      name: row.querySelector(".differs-label").textContent, values: row.querySelector(".differs-values").textContent.split(" vs "),
      effect: row.querySelector(".differs-effect span").textContent, interval: row.querySelector(".differs-effect small").textContent.split(" to "),
      measure: row.querySelector(".differs-effect").title.split(",")[0], bar: row.querySelector(".differs-bar i"), whisker: row.querySelector(".differs-bar .interval"),
    }));
    if (!rows.length) return;
    const head = ["variable", "selected", "others", "measure", "effect", "from", "to"];
    const table = rows.map(({ name, values, measure, effect, interval }) => [name, ...values, measure, effect, ...interval]);
    const words = document.getElementById("explore-differs-title").textContent;
    window.segscopeCharts.show(words, { head, rows: table }, () => picture(differences(words, rows)));
  }
  function differences(words, rows) {
    const left = 330, room = 190;
    const placed = ({ style }) => [left + (parseFloat(style.left) / 100) * room, (parseFloat(style.width) / 100) * room];
    const middle = left + room / 2;
    const drawn = rows.map(({ name, values, effect, bar: shown, whisker }, i) => {
      const y = HEAD + 8 + i * ROW, [from, wide] = placed(shown), [low, across] = placed(whisker);
      return text(EDGE, y + 13, name.slice(0, 28)) + text(left - 12, y + 13, values.join(" vs "), `text-anchor="end" fill="${look("secondary")}"`)
        + bar(middle - 0.5, y - 3, 1, ROW, look("line")) + bar(from, y + 4, wide, 10, look(shown.className === "up" ? "accent" : "warm"))
        + bar(low, y + 8.25, across, 1.5, look("text")) + [low, low + across - 1.5].map((x) => bar(x, y + 6, 1.5, 6, look("text"))).join("") + text(WIDE - EDGE, y + 13, effect, `text-anchor="end"`);
    });
    return [title(words, document.getElementById("explore-differs-note").textContent) + drawn.join(""), HEAD + 16 + rows.length * ROW];
  }
  document.addEventListener("click", (event) => { if (event.target.closest("[data-numbers='differs']")) differing(); });
})((window.segscopePanels = window.segscopePanels || {}));
