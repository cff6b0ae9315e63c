/* The choice of segments lives in the address, so that a pasted link shows the same: ?compare=s1,s3,everyone */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.segments = {
  /* What the address asks for; all when asked for all; else what the page starts with. */
  read: function (names, all) {
    const triggered = (window.dash_clientside.callback_context || {}).triggered || [];
    const known = Object.keys(names.names);
    if (all && triggered.some((t) => t.prop_id.startsWith("segments-all"))) return known;
    const asked = new URLSearchParams(window.location.search).get("compare");
    if (asked === null) return names.first;
    return asked.split(",").filter((id) => known.includes(id));
  },
  /* Only the selection: what the address says (?f=), else what was selected last on the Explore tab, when it is wanted. */
  only: function (study, checked) {
    const { triggered } = window.dash_clientside.callback_context;
    const query = new URLSearchParams(window.location.search);
    const read = (text) => { try { return JSON.parse(text || "{}") || {}; } catch (broken) { return {}; } };
    const there = read(query.get("f"));
    const kept = window.segscopeSelection.read();
    const some = Object.keys(there).length || Object.keys(kept).length;
    const switched = triggered.some((t) => t.prop_id.endsWith("-only.checked")) && triggered.length === 1;
    const wanted = switched ? (checked ? (Object.keys(kept).length ? kept : there) : {}) : there;
    const on = Object.keys(wanted).length > 0;
    if (switched && !checked && !Object.keys(kept).length) window.segscopeSelection.keep(there); // to switch on again
    if (on) query.set("f", JSON.stringify(wanted));
    else query.delete("f");
    const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    const search = text ? "?" + text : "";
    if (search !== window.location.search) {
      window.history.replaceState(window.history.state, "", window.location.pathname + search + window.location.hash);
      window.dash_clientside.set_props("url", { search: search, href: window.location.href });
    }
    return [wanted, on, !some];
  },
  /* Write the choice into the address without a step in the history, and say it aloud. */
  write: function (chosen, names) {
    const known = Object.keys(names.names);
    const wanted = known.filter((id) => (chosen || []).includes(id));
    const query = new URLSearchParams(window.location.search);
    if (query.has("compare") || wanted.join() !== names.first.join()) query.set("compare", wanted.join(","));
    const text = query.toString().replaceAll("%2C", ",");
    const search = text ? "?" + text : "";
    if (search !== window.location.search) {
      window.history.replaceState(window.history.state, "", window.location.pathname + search + window.location.hash);
      // dcc.Location must know, or it would put its own idea of the address back.
      window.dash_clientside.set_props("url", { search: search, href: window.location.href });
    }
    const said = wanted.map((id) => names.names[id]);
    if (!said.length) return "Nothing is chosen.";
    return "Comparing " + (said.length > 1 ? said.slice(0, -1).join(", ") + " and " : "") + said[said.length - 1] + ".";
  },
};

/* What is selected on the Explore tab, kept for the other tabs as long as this browser's tab is open. */
window.segscopeSelection = {
  place: () => "segscope-selection:" + window.location.pathname.split("/")[2],
  keep: function (filters) {
    try { sessionStorage.setItem(this.place(), JSON.stringify(filters || {})); } catch (full) { /* not kept then */ }
  },
  read: function () {
    try { return JSON.parse(sessionStorage.getItem(this.place())) || {}; } catch (broken) { return {}; }
  },
};
