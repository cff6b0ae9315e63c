/* Every chart's numbers as a table, as CSV, and the chart as a picture: read from the chart itself, so always the same. */
(function () {
  "use strict";

  const plain = (text) => new DOMParser().parseFromString(String(text ?? ""), "text/html").documentElement.textContent;
  const cell = (value) => (value === null || value === undefined ? "" : typeof value === "object" ? plain(value.toString()) : plain(value));

  function axisName(layout, key, fallback) {
    const axis = layout[key] || (layout.scene && layout.scene[key]);
    const title = axis && axis.title && axis.title.text;
    return title ? plain(title) : fallback;
  }

  /* Numbers travel as short floats: what they were is what seven figures of them say. */
  function values(list) {
    if (list instanceof Float32Array) return Array.from(list, (v) => (Number.isNaN(v) ? v : +v.toPrecision(7)));
    return list && typeof list !== "string" ? Array.from(list) : [];
  }

  /* What the size and the shade of points stand for, in words; they travel as bytes, so it is about that. */
  const codes = {
    size: (trace) => [values(trace.marker.size), (byte) => (byte < 30 ? null : ((byte / 10 - 3) / 13) ** 2)],
    colour: (trace) => [values(trace.marker.color), (byte) => byte / 255],
  };
  function decoded(trace, key) {
    const told = trace.meta && trace.meta[key];
    if (!told) return [];
    const [bytes, share] = codes[key](trace);
    return bytes.map((byte) => {
      const at = share(byte);
      if (at === null) return "";
      if (told.values) return told.values[Math.round(at * Math.max(1, told.values.length - 1))];
      const value = told.ends[0] + at * (told.ends[1] - told.ends[0]);
      if (told.kind === "date") return new Date(Math.round(value) * 86400000).toISOString().slice(0, 10);
      return told.kind === "whole" ? Math.round(value) : +value.toPrecision(3);
    });
  }

  /* One table for all traces: the columns that any of them has. */
  function table(graph) {
    const layout = graph.layout || {}; /* as it was asked for: in the full one an axis without a title has a hint */
    const traces = (graph._fullData || graph.data || []).filter((t) => t.visible !== false && t.meta !== "shape");
    const grids = traces.filter((t) => t.type === "heatmap");
    if (grids.length) {
      const grid = grids[grids.length - 1]; /* what stands in front */
      const x = values(grid.x), y = values(grid.y);
      const z = values(grid.z).map(values);
      return { head: ["", ...x.map(cell)], rows: z.map((line, i) => [cell(y[i]), ...line.map((v) => (v === null || Number.isNaN(v) ? "" : v))]) };
    }
    const columns = [
      ["x", axisName(layout, "xaxis", "x")], ["y", axisName(layout, "yaxis", "y")], ["z", axisName(layout, "zaxis", "z")],
      ["theta", "variable"], ["r", "value"], ["lowerfence", "low"], ["q1", "quarter"], ["median", "median"], ["q3", "three quarters"], ["upperfence", "high"],
    ].filter(([key]) => traces.some((t) => values(t[key]).length));
    const series = traces.some((t) => t.name && !/^trace \d+$/.test(t.name));
    const coded = ["size", "colour"].filter((key) => traces.some((t) => t.meta && t.meta[key]));
    const codedHead = coded.map((key) => { const { title, values } = traces.find((t) => t.meta && t.meta[key]).meta[key]; return plain(title) + (values ? "" : ", about"); });
    const rows = [];
    for (const trace of traces) {
      /* A box that stands between two places of its axis names its category itself. */
      const named = trace.type === "box" && values(trace.customdata).length;
      const lists = [...columns.map(([key]) => values(key === "x" && named ? trace.customdata : trace[key])), ...coded.map((key) => decoded(trace, key))];
      const length = Math.max(0, ...lists.map((l) => l.length));
      for (let i = 0; i < length; i += 1) rows.push([...(series ? [cell(trace.name)] : []), ...lists.map((l) => cell(l[i]))]);
    }
    return { head: [...(series ? ["series"] : []), ...columns.map((c) => c[1]), ...codedHead], rows };
  }

  /* The same disarming as in exports: a text that a spreadsheet would run gets an apostrophe. */
  function csvCell(value) {
    let text = String(value);
    if (/^'*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]/.test(text) && !/^[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?\s*%?$/.test(text)) text = "'" + text;
    return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  function download(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    Object.entries(attributes || {}).forEach(([k, v]) => (k in made ? (made[k] = v) : made.setAttribute(k, v)));
    made.append(...children);
    return made;
  }

  /* ``picture`` makes a PNG of what has no chart of the library's. */
  function showNumbers(name, data, picture) {
    const shown = data.rows.slice(0, 2000);
    const body = element("table", { className: "plain-table" },
      element("thead", {}, element("tr", {}, ...data.head.map((h) => element("th", { scope: "col" }, h)))),
      element("tbody", {}, ...shown.map((row) => element("tr", {}, ...row.map((v) => element("td", {}, typeof v === "number" ? String(+v.toPrecision(6)) : String(v)))))));
    const dialog = element("dialog", { className: "numbers" });
    const csv = [data.head, ...data.rows].map((row) => row.map(csvCell).join(",")).join("\r\n");
    const save = element("button", { className: "button", onclick: () => download(fileName(name, "csv"), new Blob(["\ufeff" + csv], { type: "text/csv" })) }, "CSV");
    const draw = picture ? [element("button", { className: "button", onclick: async () => download(fileName(name, "png"), await picture()) }, "PNG")] : [];
    const close = element("button", { className: "button", onclick: () => dialog.close() }, "Close");
    dialog.append(element("header", {}, element("h2", {}, name), save, ...draw, close), element("div", { className: "table-box" }, body));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  window.segscopeCharts = { show: showNumbers };
  const fileName = (name, ending) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") + "." + ending;

  document.addEventListener("click", async (event) => {
    const tool = event.target.closest("[data-chart]");
    if (!tool) return;
    const box = tool.closest(".chart");
    const graph = box.querySelector(".js-plotly-plot");
    if (!graph) return;
    const name = box.dataset.name || "chart";
    if (tool.dataset.chart === "numbers") showNumbers(name, table(graph));
    else {
      const url = await window.Plotly.toImage(graph, { format: "png", scale: 2, width: graph.clientWidth, height: graph.clientHeight });
      download(fileName(name, "png"), await (await fetch(url)).blob());
    }
  });
})();
