/* Dash tells every component of a page of every change of its state. Each component that appears causes such a change,
   which changes nothing: an empty reset. On a page of a thousand components that is a million calls before it can be
   used. Here a change that leaves all as it was is told to nobody. */
(function () {
  "use strict";

  const alike = (one, other) => {
    const names = Object.keys(one);
    return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
  };

  function changed(before, now) {
    return Object.keys(now).some((part) => before[part] !== now[part] && !(part === "layoutHashes" && alike(before[part], now[part])));
  }

  let store;
  Object.defineProperty(window, "store", {
    configurable: true,
    get: () => store,
    set: (made) => {
      store = made;
      const subscribe = made.subscribe;
      made.subscribe = (listener) => {
        let told = made.getState();
        return subscribe(() => {
          const now = made.getState();
          if (!changed(told, now)) return;
          told = now;
          listener();
        });
      };
    },
  });
})();
