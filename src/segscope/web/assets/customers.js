/* The grid of customers: asks for pages as they come into view, keeps the choice in the address (?of=segment:s2&id=71), and
   opens a customer on a click or Enter. */
(function () {
  "use strict";
  const C = (window.segscopeCustomers = { page: null, wanted: null, turn: 0 });
  const study = () => window.location.pathname.split("/")[2]; // its id, which is not always its folder's name
  const put = (id, props) => window.dash_clientside.set_props(id, props);
  const make = (...given) => window.React.createElement(...given);

  /* ---- cells: texts go in as texts, whatever they hold */
  const drawn = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  drawn.CustomerSegment = function (cell) {
    const segment = C.page && C.page.segments[cell.value];
    if (!segment) return cell.data ? "" : make("span", { className: "customers-waiting" });
    const swatch = make("span", { className: "swatch", style: { background: segment.colour } });
    return make("span", { className: "customers-segment", title: segment.name }, swatch, make("span", { className: "clip" }, segment.name));
  };
  drawn.CustomerStrength = function (cell) {
    if (cell.value === undefined || cell.value === null) return "";
    const place = cell.data[cell.colDef.field === "strength" ? "segment" : "second"];
    const segment = C.page && C.page.segments[place];
    if (!segment) return "";
    const tiny = cell.value > 0 && cell.value < 0.0005;
    const share = tiny ? "< 0.1" : (100 * cell.value).toFixed(cell.value > 0 && cell.value < 0.0095 ? 1 : 0);
    const fill = make("span", { style: { width: 100 * cell.value + "%", background: segment.colour } });
    return make("span", { className: "customers-strength" }, make("span", { className: "customers-bar" }, fill), make("span", null, share + "\u202f%"));
  };

  /* ---- pages */
  const query = (extra) => {
    const { of, id, view, columns, filters } = C.wanted;
    const asked = new URLSearchParams({ fit: C.page.fit, find: id, view, f: JSON.stringify(filters), ...extra });
    if (of !== "everybody") asked.set("of", of);
    columns.forEach((column) => asked.append("columns", column));
    return "/api/studies/" + study() + "/browse?" + asked;
  };
  const tell = (found) => {
    put("customers-title", { children: found.title });
    put("customers-note", { children: found.empty, hidden: !found.empty });
    document.querySelector(".customers-box")?.classList.toggle("nobody", !found.total);
  };
  const source = (turn) => ({
    async getRows(asked) {
      const order = C.wanted.view === "all" && asked.sortModel.length ? { order: asked.sortModel[0].colId, down: asked.sortModel[0].sort === "desc" } : {};
      try {
        const answer = await fetch(query({ start: asked.startRow, count: asked.endRow - asked.startRow, ...order }));
        const found = await answer.json();
        if (turn !== C.turn) return asked.failCallback();
        if (!answer.ok || found.older) throw new Error(found.error || found.older || "The customers could not be read.");
        tell(found);
        asked.successCallback(found.rows, found.total);
      } catch (problem) {
        asked.failCallback();
        if (turn === C.turn) put("customers-note", { children: problem.message, hidden: false });
      }
    },
  });
  const api = () => {
    try {
      const found = window.dash_ag_grid.getApi("customers-grid");
      return found && !found.isDestroyed() ? found : null;
    } catch (notYet) {
      return null; // the grid is still being made
    }
  };
  const open = (node) => node && node.data && put("customers-opened", { data: { row: node.data.row, at: Date.now() } });
  const listen = (grid) => {
    if (grid.segscopeListens) return;
    grid.segscopeListens = true;
    grid.addEventListener("rowClicked", (event) => String(window.getSelection()) || open(event.node));
    grid.addEventListener("cellKeyDown", (event) => event.event.key === "Enter" && open(event.node));
  };

  /* A grid that has just been made is given a source by its component too, maybe after ours: ours is put back. */
  const feed = (grid, ours, turn, left = 25) => {
    if (turn !== C.turn || grid.isDestroyed()) return;
    if (grid.getGridOption("datasource") !== ours) grid.setGridOption("datasource", ours);
    if (left) setTimeout(feed, 200, grid, ours, turn, left - 1);
  };

  /* ---- from one customer to the form that pins it */
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-pin]");
    if (!button) return;
    put("hand-customer", { value: button.dataset.pin });
    put("customers-drawer", { opened: false });
    setTimeout(() => {
      const field = document.getElementById("hand-customer");
      field?.scrollIntoView({ block: "center" });
      field?.focus();
    }, 300);
  });

  /* ---- the address */
  const remember = () => {
    const { of, id, view } = C.wanted;
    const query = new URLSearchParams(window.location.search);
    for (const [name, value, usual] of [["of", of, C.page.first], ["id", id, ""], ["view", view, "all"]]) {
      if (value === usual) query.delete(name);
      else query.set(name, value);
    }
    const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    const search = text ? "?" + text : "";
    if (search === window.location.search) return;
    window.history.replaceState(window.history.state, "", window.location.pathname + search + window.location.hash);
    put("url", { search, href: window.location.href }); // dcc.Location must know, or it would put its own idea back
  };
  const files = () => {
    const { of, id, view, columns, filters } = C.wanted;
    for (const format of ["csv", "xlsx", "parquet"]) {
      const asked = new URLSearchParams({ format, reason: "true", view, find: id, f: JSON.stringify(filters) });
      const [kind, ...name] = of.split(":");
      if (name.length) asked.set(kind, name.join(":"));
      columns.forEach((field) => asked.append("columns", C.page.names[Number(field.slice(1))]));
      put("customers-" + format, { href: "/api/studies/" + study() + "/customers?" + asked });
    }
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.customers = {
    read: function (page) {
      C.page = page;
      const query = new URLSearchParams(window.location.search);
      const view = ["all", "typical", "borderline"].includes(query.get("view")) ? query.get("view") : "all";
      return [query.get("of") || page.first, query.get("id") || "", view];
    },
    ask: function (of, id, view, shown, filters, page) {
      if (!of || !page) return window.dash_clientside.no_update;
      const columns = [...page.always, ...(shown || []).map((name) => "c" + page.names.indexOf(name))];
      const wanted = { of, id: id || "", view, columns: [...new Set(columns)], filters: filters || {} };
      const same = C.drawn === page && C.asked === JSON.stringify(wanted) && C.grid && C.grid === api();
      if (same) return window.dash_clientside.no_update;
      C.page = C.drawn = page;
      C.wanted = wanted;
      C.asked = JSON.stringify(wanted);
      const turn = ++C.turn;
      remember();
      files();
      const show = () => {
        if (turn !== C.turn || !document.getElementById("customers-card")) return;
        const grid = api();
        if (!grid) return setTimeout(show, 100);
        C.grid = grid;
        listen(grid);
        if (view !== "all") grid.applyColumnState({ defaultState: { sort: null } });
        feed(grid, source(turn), turn);
      };
      setTimeout(show, 30);
      return window.dash_clientside.no_update;
    },
    /* A segment's card asks for its customers. */
    whose: function (clicks) {
      const { triggered_id, triggered } = window.dash_clientside.callback_context;
      if (!triggered_id || !triggered.some((t) => t.value)) return window.dash_clientside.no_update;
      document.getElementById("customers-card")?.scrollIntoView({ block: "start", behavior: "smooth" });
      return "segment:" + triggered_id.segment;
    },
  };
})();
