/* Cards of segments: a name or note becomes a field where it stands (click, Enter or F2; Enter keeps, Escape leaves it as
   it was), and the menu's buttons say in data-do what they ask for. The server answers with the page as it is then. */
(function () {
  "use strict";

  const STORE = "segments-wanted";
  let back = null; // the segment whose name is to have the focus once the page is drawn anew

  const there = () => document.querySelector(".segment-cards");
  const cardOf = (node) => node.closest(".segment-card");
  function ask(what, segment, value) {
    back = segment;
    window.dash_clientside.set_props(STORE, { data: { what: what, segment: segment, value: value, at: Date.now() } });
  }

  function start(card, what) {
    const shown = card.querySelector('[data-edit="' + what + '"]');
    const slot = shown.closest(".editable").querySelector(".edit-slot");
    if (slot.firstChild) return slot.firstChild.focus();
    const before = shown.dataset.value;
    const field = document.createElement(what === "note" ? "textarea" : "input");
    Object.assign(field, { value: before, maxLength: what === "note" ? 500 : 60, className: "edit-field", rows: 3, spellcheck: false });
    field.setAttribute("aria-label", (what === "note" ? "Note on " : "Name of ") + card.querySelector('[data-edit="name"]').dataset.value);
    let over = false, asked = null; // what was asked for already: the field goes once the page is drawn anew
    const close = (focus) => {
      over = true;
      slot.replaceChildren();
      card.classList.remove("editing-" + what);
      if (focus) (shown.hidden ? card.querySelector(".segment-title") : shown).focus();
    };
    const keep = (focus) => {
      if (over || (!focus && field.value === asked)) return;
      if (field.value.trim() === before) return close(focus);
      asked = field.value;
      ask(what, card.dataset.segment, field.value);
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close(true);
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); keep(true); }
    });
    field.addEventListener("blur", () => keep(false));
    card.classList.add("editing-" + what);
    slot.replaceChildren(field);
    field.focus();
    field.select();
  }

  document.addEventListener("click", (event) => {
    const on = event.target.closest("[data-edit], [data-start], [data-do]");
    if (!event.target.closest(".segment-menu") || event.target.closest("[data-closes]")) closeMenus(null);
    if (!on || !there()) return;
    const card = cardOf(on);
    if (on.dataset.edit || on.dataset.start) {
      closeMenus(null);
      start(card, on.dataset.edit || on.dataset.start);
    } else if (card || on.closest(".segment-history, .hand, #toast")) {
      closeMenus(null);
      ask(on.dataset.do, card ? card.dataset.segment : "", on.dataset.value || "");
    }
  });
  document.addEventListener("keydown", (event) => {
    const card = event.target.closest && event.target.closest(".segment-card");
    if (event.key === "F2" && card) { event.preventDefault(); start(card, "name"); }
    if (event.key === "Escape") {
      const menu = event.target.closest && event.target.closest(".segment-menu[open]");
      closeMenus(null);
      if (menu) menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches && event.target.matches(".segment-menu[open]")) closeMenus(event.target);
  }, true);
  function closeMenus(but) {
    document.querySelectorAll(".segment-menu[open]").forEach((menu) => menu !== but && menu.removeAttribute("open"));
  }

  /* The page that was drawn anew gives the focus back to where it was, for those who use the keyboard. */
  new MutationObserver(() => {
    if (back === null || !there() || there().dataset.seen) return;
    there().dataset.seen = "yes";
    const again = document.querySelector('.segment-card[data-segment="' + CSS.escape(back) + '"] .segment-title');
    if (again && (!document.activeElement || document.activeElement === document.body)) again.focus({ preventScroll: true });
    back = null;
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
