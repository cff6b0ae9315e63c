/* Buttons and fields in what is drawn anew by itself (see web/pressing.py): what is pressed or typed there goes to a
   store of the shell. A button that was drawn anew between the pressing and the letting go counts as pressed, and the
   focus goes to what stands in the place of what had it. */
(function () {
  "use strict";
  let count = 0, down = null, lost = null;

  const tell = (store, what) => window.dash_clientside.set_props(store, { data: { what: what, at: Date.now() + "/" + ++count } });
  const button = (event) => event.target.closest && event.target.closest("[data-press]");
  const name = (node) => node.dataset.press + " " + node.dataset.what;
  const press = (node) => node.disabled || tell(node.dataset.press, JSON.parse(node.dataset.what));

  document.addEventListener("click", (event) => {
    const pressed = button(event);
    if (pressed) press(pressed);
  });
  document.addEventListener("pointerdown", (event) => { down = button(event); });
  document.addEventListener("pointerup", (event) => {
    const up = button(event);
    if (down && up && !down.isConnected && name(down) === name(up)) press(up); // no click comes of it
    down = null;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches || !event.target.matches("label input")) return;
    const beside = event.target.closest("label").parentElement.querySelector(":scope > [data-enter]");
    if (beside) press(beside);
  });
  document.addEventListener("change", (event) => {
    const around = event.target.closest && event.target.closest("[data-typed]");
    if (around) tell(around.dataset.typed, { ...JSON.parse(around.dataset.what), value: event.target.value });
  });

  /* What had the focus when it went: found again by its id or by what it says. */
  const same = (node) => {
    if (node.id) return document.getElementById(node.id);
    if (!node.dataset.press) return null;
    return [...document.querySelectorAll("#page [data-press]")].find((other) => name(other) === name(node));
  };
  document.addEventListener("focusin", (event) => { lost = event.target.closest("#page") ? event.target : null; });
  new MutationObserver(() => {
    if (!lost || lost.isConnected || (document.activeElement && document.activeElement !== document.body)) return;
    let again = same(lost);
    if (again && again.disabled) again = again.parentElement.querySelector("button:not(:disabled)"); // its neighbours
    if (again) again.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
