/* A saved audience becomes the filters of the page, as if they had just been chosen: undo goes back. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.audiences = {
  apply: function (applied) {
    if (applied) window.segscopePanels.commit(applied.filters);
    return window.dash_clientside.no_update;
  },
};
