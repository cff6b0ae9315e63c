/* Changes that are not run yet: taken from controls marked with data-change, kept in order in this browser tab. */
(function () {
  "use strict";
  const STORE = "draft-kept";
  let study = null; // { id, fit } of what is shown
  let done = [], undone = [];

  /* The as-of day with the changes made; "" where the page has none. */
  function wantedDay() {
    const base = document.getElementById("rows-day-put");
    return done.reduce((day, c) => (c.kind === "as_of" ? c.value : day), base ? base.dataset.now : "");
  }

  const put = () => dash_clientside.set_props(STORE, { data: { study: study, done: done, undone: undone } });

  function push(kind, name, value) {
    const last = done[done.length - 1];
    if (last && last.kind === kind && last.name === name && last.value === value) return;
    done = done.concat([{ kind: kind, name: name, value: value }]);
    undone = [];
    put();
  }
  const acts = {
    undo: () => { if (done.length) { undone = undone.concat([done[done.length - 1]]); done = done.slice(0, -1); put(); } },
    redo: () => { if (undone.length) { done = done.concat([undone[undone.length - 1]]); undone = undone.slice(0, -1); put(); } },
    discard: () => { undone = undone.concat(done.slice().reverse()); done = []; put(); },
  };

  function saved() {
    try { return JSON.parse(sessionStorage.getItem(STORE)); } catch (broken) { return null; }
  }
  const isAbout = (kept, shown) => kept && kept.study && shown && kept.study.id === shown.id && kept.study.fit === shown.fit;

  /* The value of a control with the changes made. */
  function wanted(control) {
    let value = control.dataset.now;
    for (const c of done) if (c.kind === control.dataset.change && c.name === control.dataset.name) value = c.value;
    return value;
  }
  function sync() {
    for (const control of document.querySelectorAll("[data-change]")) {
      const value = wanted(control);
      if (control.tagName === "SELECT") { if (control.value !== value) control.value = value; }
      else if (control.getAttribute("role") === "switch") control.setAttribute("aria-checked", value === "yes" ? "true" : "false");
      control.classList.toggle("changed", value !== control.dataset.now);
    }
    if (document.getElementById("rows-day")) dash_clientside.set_props("rows-day", { value: wantedDay() || null });
  }

  /* The formula's field: a column put in at the cursor; a derived column to be changed. */
  function insert(name) {
    const field = document.getElementById("formula-text");
    const at = field.selectionStart ?? field.value.length, to = field.selectionEnd ?? at;
    const text = field.value.slice(0, at) + name + field.value.slice(to);
    dash_clientside.set_props("formula-text", { value: text });
    field.focus();
    requestAnimationFrame(() => field.setSelectionRange(at + name.length, at + name.length));
  }
  function change(name, formula) {
    dash_clientside.set_props("formula-name", { value: name });
    dash_clientside.set_props("formula-text", { value: formula });
    const field = document.getElementById("formula-text");
    field.scrollIntoView({ block: "center", behavior: "smooth" });
    field.focus({ preventScroll: true });
  }

  document.addEventListener("change", (event) => {
    const control = event.target.closest && event.target.closest("select[data-change]");
    if (control) push(control.dataset.change, control.dataset.name, control.value);
  });
  document.addEventListener("click", (event) => {
    const act = event.target.closest("[data-draft]");
    if (act) return acts[act.dataset.draft]();
    const inserted = event.target.closest("[data-insert]");
    if (inserted) return insert(inserted.dataset.insert);
    const formula = event.target.closest("[data-formula]");
    if (formula) return change(formula.dataset.of, formula.dataset.formula);
    const control = event.target.closest("button[data-change]");
    if (!control) return undefined;
    const value = control.getAttribute("role") === "switch" ? (wanted(control) === "yes" ? "no" : "yes") : control.dataset.value || "";
    return push(control.dataset.change, control.dataset.name, value);
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || !document.getElementById("draft-bar")) return;
    if (event.target.closest("input, textarea, [contenteditable]")) return;
    event.preventDefault();
    acts[event.shiftKey ? "redo" : "undo"]();
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.editing = {
    /* What the browser holds, if it is about the study and the fit that are shown. */
    take: function (kept, shown) {
      study = shown || null;
      // The store tells what it kept only after the page has appeared.
      kept = kept || saved();
      const same = isAbout(kept, shown);
      done = same ? kept.done : [];
      undone = same ? kept.undone : [];
      requestAnimationFrame(sync);
      return { done: done, undone: undone.length };
    },
    /* The mark on every other page: what is shown there is not what was decided last. */
    chip: function (shown, pathname) {
      const kept = saved();
      const count = isAbout(kept, shown) && !/\/data\/?$/.test(pathname || "") ? kept.done.length : 0;
      const words = count ? count + (count === 1 ? " change" : " changes") + " not run yet" : "";
      return [words, count ? "/s/" + encodeURIComponent(shown.id) + "/data" : ""];
    },
    /* Another as-of day. */
    day: function (value) {
      if (value && value !== wantedDay()) push("as_of", "", value);
      return value || "";
    },
    /* A derived column, from its form. */
    derive: function (clicks, name, formula) {
      if (!clicks || !name || !formula) return [window.dash_clientside.no_update, window.dash_clientside.no_update];
      push("derive", name.trim(), formula.trim());
      return ["", ""];
    },
  };
})();
