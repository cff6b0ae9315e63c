/* The report's menu closes after a choice, on Escape, and on a click elsewhere. */
(function () {
  const close = (keep) => document.querySelectorAll(".report-menu[open]").forEach((menu) => menu !== keep && (menu.open = false));
  document.addEventListener("click", (event) => close(event.target.closest("a") ? null : event.target.closest(".report-menu")));
  document.addEventListener("keydown", (event) => event.key === "Escape" && close(null));
})();
