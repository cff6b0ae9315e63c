/* Answers that take long: how many are still to come, and since when. Quick ones, and questions that a page asks by
   itself all the time, are nobody's business. What comes too early, while the customers of a study are being loaded, is
   asked again until they are there. */
(function () {
  "use strict";
  const PATIENCE = 1500; // milliseconds until a word is said
  const OURS = /_dash-update-component|\/api\/studies\/[^/]+\/(cube|counts|values|browse)/;
  const waiting = new Map();
  const AGAIN = 700; // milliseconds until the server is asked again for what came too early
  const TOO_EARLY = 202;
  let asked = 0, answered = 0, sign = null, next = 0, early = 0, loading = null;

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
    if (early && loading) {
      const customers = loading.customers.toLocaleString("en");
      shown().textContent = `Loading ${customers} customers · ${Math.round((now - loading.since) / 1000)} s`;
      return;
    }
    if (!late.length) {
      if (sign) sign.textContent = "";
      return;
    }
    const seconds = Math.round((now - Math.min(...late)) / 1000);
    const text = asked > 1 ? `Computing, ${answered} of ${asked} answers are here` : "Computing";
    shown().textContent = `${text} · ${seconds} s`;
  }

  /* An answer, once it is none that says "not yet". */
  async function persistent(ask) {
    let answer = await ask();
    if (answer.status !== TOO_EARLY) return answer;
    early += 1;
    try {
      while (answer.status === TOO_EARLY) {
        const said = await answer.json();
        loading = { customers: said.loading, since: performance.now() - 1000 * said.seconds };
        await new Promise((go) => setTimeout(go, AGAIN));
        answer = await ask();
      }
      return answer;
    } finally {
      early -= 1;
    }
  }

  const plain = window.fetch;
  window.fetch = function (what, ...more) {
    const url = typeof what === "string" ? what : (what && what.url) || "";
    if (!OURS.test(url)) return plain.call(this, what, ...more);
    const answer = persistent(() => plain.call(this, what, ...more));
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
