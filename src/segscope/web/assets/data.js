/* Data: show the columns that a search and a choice leave. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.data = {
  filter: function (search, shown, rows) {
    const words = (search || "").toLowerCase().split(/\s+/).filter(Boolean);
    const kept = (row) => words.every((w) => row.text.includes(w)) && (shown === "all" || !shown || row.tags.includes(shown));
    const hidden = rows.map((row) => !kept(row));
    const left = hidden.filter((h) => !h).length;
    const all = `${rows.length} columns, derived ones included`;
    return [hidden, left === rows.length ? all : left ? `${left} of ${all}` : `No column fits. There are ${all}.`];
  },
};
