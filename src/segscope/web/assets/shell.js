/* Light or dark: what was chosen here before, else what the system prefers. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.shell = {
  scheme: function (clicks, chosen, current) {
    const preferred = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const before = current || chosen || preferred;
    const next = clicks && current ? (before === "dark" ? "light" : "dark") : before;
    document.documentElement.setAttribute("data-mantine-color-scheme", next);
    const same = window.dash_clientside.no_update;
    return [next === current ? same : next, clicks && current ? next : same, next];
  },
};

/* A notice goes away by itself, or on Escape. */
(function () {
  let timer = null;
  const clear = () => window.dash_clientside.set_props && window.dash_clientside.set_props("toast", { children: null });
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.target.id === "toast" || (change.target.parentElement && change.target.parentElement.id === "toast")) {
        clearTimeout(timer);
        timer = setTimeout(clear, 8000);
      }
    }
  }).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
  document.addEventListener("keydown", (event) => event.key === "Escape" && clear());
})();
