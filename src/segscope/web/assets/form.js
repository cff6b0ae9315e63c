/* The form of another run: what was chosen there and not run stays chosen when the page is drawn anew, as at the end of a
   run that was started before, or when somebody looks at another tab and comes back. */
(function () {
  "use strict";
  let known = null; // { drawn, study, base, values, ids }: base is what was shown, or run, when values were chosen

  const study = () => window.location.pathname.split("/")[2];
  const alike = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  document.addEventListener("click", (event) => {
    if (known && event.target.closest("#rerun-run")) known.base = known.values;
  }, true);

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.form = {
    /* What is chosen now; what was chosen on the page before is put back once, where it is still to be run. */
    keep: function (shown, ...values) {
      const again = known && known.drawn !== shown.drawn && known.study === study();
      if (known && known.drawn === shown.drawn) known.values = values;
      else {
        const open = again ? known.values.map((value, i) => (alike(value, known.base[i]) ? null : value)) : [];
        known = { drawn: shown.drawn, study: study(), base: values, values: values.map((v, i) => open[i] ?? v) };
        open.forEach((value, i) => {
          if (value !== null) window.dash_clientside.set_props(shown.fields[i], { [i ? "value" : "data"]: value });
        });
      }
      return window.dash_clientside.no_update;
    },
  };
})();
