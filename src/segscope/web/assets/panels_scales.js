/* Logarithmic bins of a skewed measure, in place of equal ones with a clipped tail: a switch in the head of its panel.

   A variable has one set of bins at a time, { place, key, bins }; its `log` holds the other. Which are logarithmic is in
   the address, as ?log=["Income"]. Their counts are asked for apart, since few are wanted at once. */
(function (P) {
  "use strict";

  const isLog = (variable) => variable.key !== variable.column;
  let asked = 0;

  function swap(variable) {
    const { place, key, bins } = variable;
    Object.assign(variable, variable.log, { log: { place, key, bins } });
  }

  P.wantedScales = function () {
    try {
      const found = JSON.parse(new URLSearchParams(location.search).get("log") || "[]");
      return Array.isArray(found) ? found : [];
    } catch (e) { return []; }
  };

  /* The page was just drawn: the address decides. */
  P.readScales = function () {
    const wanted = P.wantedScales();
    P.state.meta.filter(({ log, column }) => log && wanted.includes(column)).forEach(swap);
    P.state.logs = P.state.meta.filter(isLog).map(({ column }) => column);
  };

  /* Their counts as last told, until they are told anew. */
  P.scaleCounts = () => Object.fromEntries(P.state.meta.filter((v) => isLog(v) && P.state.counts[v.key]).map(({ key }) => [key, P.state.counts[key]]));

  /* Ask for the counts of those that are logarithmic, under the filters of now. */
  P.countScales = function () {
    const study = /\/s\/([^/]+)/.exec(location.pathname), now = (asked += 1);
    P.state.meta.filter(isLog).forEach(({ place, key }) => {
      const query = new URLSearchParams({ fit: P.state.fit, column: place, f: JSON.stringify(P.state.filters) });
      fetch("/api/studies/" + study[1] + "/counts?" + query)
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
        .then(({ whole, counts }) => {
          if (now !== asked) return;
          P.state.whole[key] = whole;
          P.state.counts[key] = P.state.served.counts[key] = counts;
          P.drawFilters();
        })
        .catch(() => {}); // the other panels go on
    });
  };

  /* Filters and scales are in the address, so that a pasted link shows the same. */
  P.writeAddress = function (filters, logs) {
    const parts = [];
    if (Object.keys(filters).length) parts.push("f=" + encodeURIComponent(JSON.stringify(filters)));
    if (logs.length) parts.push("log=" + encodeURIComponent(JSON.stringify(logs)));
    const search = parts.length ? "?" + parts.join("&") : "";
    window.segscopeSelection?.keep(filters);
    if (search !== location.search) history.replaceState(history.state, "", location.pathname + search);
  };

  P.scaleSwitch = function (variable, redraw) {
    if (!variable.log) return null;
    const button = P.element("button", { class: "scale", type: "button", "aria-label": "Logarithmic scale of " + variable.label, onclick: turn }, "log");
    const show = () => P.attributes(button, {
      "aria-pressed": isLog(variable),
      title: isLog(variable) ? "Equal bins, the tail in the last bar" : "Logarithmic bins, up to the largest value",
    });
    function turn() {
      swap(variable);
      P.state.logs = P.state.meta.filter(isLog).map(({ column }) => column);
      show();
      redraw();
      P.writeAddress(P.state.filters, P.state.logs);
      P.countScales();
    }
    show();
    return button;
  };
})((window.segscopePanels = window.segscopePanels || {}));
