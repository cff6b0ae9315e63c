"use strict";
// Unpacks Plotly from this page and draws the charts. Nothing is fetched.
(async function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const settings = { displaylogo: false, displayModeBar: false, responsive: true, scrollZoom: false };
  const plots = () => document.querySelectorAll(".plot.drawn");

  function say(words) {
    const place = document.getElementById("trouble");
    place.textContent = words + " The numbers are in the tables.";
    place.hidden = false;
    document.documentElement.dataset.charts = "none";
  }

  async function unpack(letters) {
    const bytes = Uint8Array.from(atob(letters), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  // A narrow window's charts are drawn as wide as the paper for as long as it is printed.
  function onPaper(yes) {
    const widths = [...plots()].map((plot) => plot.clientWidth);
    document.documentElement.classList.toggle("on-paper", yes);
    // Not Plotly.Plots.resize, which waits a moment: the print does not.
    const size = (plot) => (yes ? { width: plot.clientWidth } : { width: null, autosize: true });
    plots().forEach((plot, i) => { if (plot.clientWidth !== widths[i]) Plotly.relayout(plot, size(plot)); });
  }

  if (typeof DecompressionStream === "undefined") {
    return say("This browser is too old to draw the charts (Chrome 80, Firefox 113, Safari 16.4 or newer do).");
  }
  try {
    const script = document.createElement("script");
    script.textContent = await unpack(document.getElementById("plotly").textContent);
    document.head.append(script);
    for (const [id, figure] of Object.entries(figures)) {
      const plot = document.getElementById(id);
      if (!plot) continue;
      await Plotly.newPlot(plot, figure.data, figure.layout, settings);
      plot.classList.add("drawn");
    }
    addEventListener("beforeprint", () => onPaper(true));
    addEventListener("afterprint", () => onPaper(false));
    document.documentElement.dataset.charts = "drawn";
  } catch (error) {
    say("The charts cannot be drawn (" + error.message + ").");
  }
})();
