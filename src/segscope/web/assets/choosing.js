/* The feature chooser: ticks, weights and switches of its table, kept in the store that the form runs from. */
(function () {
  "use strict";
  const STORE = "rerun-features", LEAST = 0.1, MOST = 10;
  let held = null; // { features, weights, off }

  const put = (next) => dash_clientside.set_props(STORE, { data: Object.assign({}, held, next) });
  const rows = () => document.querySelectorAll(".choosing-table [data-choose]");
  const without = (list, item) => list.filter((other) => other !== item);
  const toggled = (list, item) => (list.includes(item) ? without(list, item) : list.concat([item]));

  function weigh(name, text) {
    const weight = Math.round(100 * Math.min(MOST, Math.max(LEAST, parseFloat(text) || 1))) / 100;
    const weights = Object.assign({}, held.weights);
    if (weight === 1) delete weights[name]; else weights[name] = weight;
    put({ weights: weights });
  }

  /* A number field: made here, since a table of hundreds of Dash's own would be slow. */
  function field(place) {
    const made = document.createElement("input");
    Object.assign(made, { type: "number", min: LEAST, max: MOST, step: 0.1, className: "weight" });
    made.setAttribute("aria-label", place.dataset.weight);
    place.append(made);
    return made;
  }

  function sync() {
    for (const row of rows()) {
      const name = row.dataset.choose, chosen = held.features.includes(name);
      row.classList.toggle("chosen", chosen);
      row.querySelector("[data-tick]").setAttribute("aria-checked", chosen);
      const reasons = row.querySelector("[data-full]");
      if (reasons) reasons.setAttribute("aria-label", reasons.dataset.full.replaceAll("\n", " "));
      const place = row.querySelector("[data-weight]");
      const weight = place.querySelector("input") || field(place);
      weight.value = held.weights[name] || 1;
      weight.disabled = !chosen;
      weight.classList.toggle("weighs", chosen && weight.value !== "1");
      for (const control of row.querySelectorAll("[data-prepare]")) {
        control.setAttribute("aria-checked", !held.off.includes(control.dataset.prepare + "/" + name));
        control.disabled = !chosen;
      }
    }
  }

  /* The reasons in full, over the row that is pointed at or focused. */
  function tell(target) {
    let tip = document.getElementById("why-tip");
    if (!target) { if (tip) tip.hidden = true; return; }
    if (!tip) {
      tip = Object.assign(document.createElement("div"), { id: "why-tip", className: "why-tip" });
      tip.setAttribute("aria-hidden", "true"); // the button's name says the same
      document.body.append(tip);
    }
    tip.replaceChildren(...target.dataset.full.split("\n").map((sentence) => Object.assign(document.createElement("p"), { textContent: sentence })));
    tip.hidden = false;
    const box = target.getBoundingClientRect(), below = box.bottom + 6 + tip.offsetHeight < innerHeight;
    tip.style.left = Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = (below ? box.bottom + 6 : box.top - 6 - tip.offsetHeight) + "px";
  }
  const why = (event) => event.target.closest && event.target.closest("[data-full]");
  document.addEventListener("mouseover", (event) => tell(why(event)));
  document.addEventListener("focusin", (event) => tell(why(event)));
  document.addEventListener("scroll", () => tell(null), true);

  document.addEventListener("click", (event) => {
    const row = event.target.closest(".choosing-table [data-choose]");
    if (!row || !held) return;
    const name = row.dataset.choose, prepare = event.target.closest("[data-prepare]");
    if (prepare) put({ off: toggled(held.off, prepare.dataset.prepare + "/" + name) });
    else if (event.target.closest("[data-tick], .ch-name")) put({ features: toggled(held.features, name) });
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".choosing-table .weight")) weigh(event.target.closest("[data-choose]").dataset.choose, event.target.value);
  });
  document.addEventListener("keydown", (event) => {
    const run = document.getElementById("rerun-run");
    if (run && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (document.activeElement) document.activeElement.blur(); // a weight that is being typed counts
      setTimeout(() => run.click(), 50);
    }
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.choosing = {
    /* Show what is held; say how many are chosen. */
    show: function (data, search) {
      held = data;
      const words = (search || "").toLowerCase().split(/\s+/).filter(Boolean);
      requestAnimationFrame(() => {
        sync();
        for (const row of rows()) row.hidden = !words.every((word) => row.dataset.text.includes(word));
      });
      const count = held.features.length;
      return count + " chosen of " + rows().length;
    },
  };
})();
