/* Answers that take long: how many are still to come, and since when. Quick ones, and questions that a page asks by
   itself all the time, are nobody's business. */
(function () {
  "use strict";
  const PATIENCE = 1500; // milliseconds until a word is said
  const OURS = /_dash-update-component|\/api\/studies\/[^/]+\/(cube|counts|values|browse)/;
  const waiting = new Map();
  let asked = 0, answered = 0, sign = null, next = 0;

  function shown() {
    if (sign) return sign;
    sign = document.createElement("div");
    sign.className = "working";
    sign.setAttribute("role", "status");
    document.body.append(sign);
    return sign;
  }

  function draw() {
    const now = performance.now();
    const late = [...waiting.values()].filter((since) => now - since > PATIENCE);
    if (!late.length) {
      if (sign) sign.textContent = "";
      return;
    }
    const seconds = Math.round((now - Math.min(...late)) / 1000);
    const text = asked > 1 ? `Computing, ${answered} of ${asked} answers are here` : "Computing";
    shown().textContent = `${text} · ${seconds} s`;
  }

  const plain = window.fetch;
  window.fetch = function (what, ...more) {
    const url = typeof what === "string" ? what : (what && what.url) || "";
    const answer = plain.call(this, what, ...more);
    if (!OURS.test(url)) return answer;
    const number = next++;
    if (!waiting.size) asked = answered = 0;
    asked += 1;
    waiting.set(number, performance.now());
    const done = () => {
      waiting.delete(number);
      answered += 1;
      draw();
    };
    answer.then(done, done);
    return answer;
  };
  setInterval(draw, 500);
})();
