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
