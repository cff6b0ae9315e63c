/* A file to be scored: dropped on its card or chosen, streamed to the server with progress and cancel. What becomes of
   it then is followed by the page (segscope/web/batch.py). */
(function () {
  "use strict";

  const drop = () => document.getElementById("batch-drop");
  let request = null;

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    Object.entries(attributes || {}).forEach(([k, v]) => (k in made ? (made[k] = v) : made.setAttribute(k, v)));
    made.append(...children);
    return made;
  }

  const megabytes = (bytes) => `${(bytes / 1048576).toFixed(1)} MB`;
  const tell = (...children) => document.getElementById("batch-sending")?.replaceChildren(...children);
  const refuse = (reason) => tell(element("div", { className: "notice bad", role: "alert" }, reason));
  const set = (value) => window.dash_clientside.set_props("batch-asked", { data: value });

  function send(file) {
    const to = drop();
    if (!to.dataset.to) return;
    forget();
    if (file.size > Number(to.dataset.limit)) {
      refuse(`${file.name} has ${megabytes(file.size)}; the largest upload here is ${to.dataset.words}. Keep fewer columns, compress it with gzip, or save it as Parquet.`);
      return;
    }
    const fill = element("div", { className: "progress-fill", style: "width: 2%" });
    const bar = element("div", { className: "progress", role: "progressbar", "aria-label": `How much of ${file.name} is sent`, "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
    const words = element("div", { className: "progress-words" }, element("strong", {}, "Sending …"), element("span", { className: "muted" }, file.name));
    const cancel = element("button", { className: "button", type: "button" }, "Cancel");
    tell(element("div", { className: "progress-box" }, bar, element("div", { className: "progress-line" }, words, cancel)));
    const own = new XMLHttpRequest();
    request = own;
    own.upload.onprogress = (event) => {
      const share = file.size ? event.loaded / file.size : 1;
      fill.style.width = `${Math.max(2, 100 * share)}%`;
      bar.setAttribute("aria-valuenow", Math.round(100 * share));
    };
    own.onload = () => {
      request = null;
      let answer = {};
      try { answer = JSON.parse(own.responseText); } catch (e) { answer = {}; }
      if (own.status !== 202) return refuse(answer.error || `The server refused it (${own.status}).`);
      tell();
      current = answer.token;
      study = answer.study;
      set(answer);
      window.dash_clientside.set_props("batch-clock", { disabled: false });
    };
    own.onerror = () => { request = null; refuse("The connection broke off before all of it was sent. Nothing of it was kept."); };
    cancel.onclick = () => { own.abort(); request = null; tell(); drop()?.focus(); };
    own.open("POST", `${to.dataset.to}?name=${encodeURIComponent(file.name)}`);
    own.setRequestHeader("Content-Type", "application/octet-stream");
    own.send(file);
  }

  /* One file at a time: the one before it goes. */
  let current = null;
  let study = null;
  function forget() {
    if (request) request.abort();
    request = null;
    tell();
    if (current) {
      fetch(`/api/batches/${current}`, { method: "DELETE" });
      current = null;
      set(null);
    }
  }

  /* Which column of the file stands for each that is missing: sent, and kept in this browser for the next file. */
  async function match(button) {
    const chosen = {};
    button.closest(".batch-asking").querySelectorAll("select").forEach((pick) => { if (pick.value) chosen[pick.dataset.column] = pick.value; });
    button.disabled = true;
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`/api/batches/${button.dataset.match}/columns`, { method: "POST", headers, body: JSON.stringify(chosen) }).catch(() => null);
    button.disabled = false;
    if (!answer || !answer.ok) {
      const said = answer ? await answer.json().catch(() => ({})) : {};
      return refuse(said.error || "The server does not answer. Try again.");
    }
    tell();
    let kept = {};
    try { kept = JSON.parse(localStorage.getItem("batch-columns")) || {}; } catch (e) { kept = {}; }
    window.dash_clientside.set_props("batch-columns", { data: { ...kept, [study]: { ...kept[study], ...chosen } } });
    window.dash_clientside.set_props("batch-clock", { disabled: false });
  }

  function choose() {
    const input = element("input", { type: "file" });
    input.onchange = () => input.files.length && send(input.files[0]);
    input.click();
  }

  const over = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files") && event.target.closest?.(".batch-card");
  document.addEventListener("click", (event) => {
    if (event.target.closest("#batch-drop")) choose();
    const pressed = event.target.closest("[data-match]");
    if (pressed) match(pressed);
    if (event.target.closest("[data-remove]")) { forget(); drop()?.focus(); }
  });
  document.addEventListener("dragover", (event) => {
    const card = over(event);
    if (!card) return;
    event.preventDefault();
    card.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => event.target.closest?.(".batch-card")?.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    const card = over(event);
    if (!card) return;
    event.preventDefault();
    card.classList.remove("over");
    send(event.dataTransfer.files[0]);
  });
})();
