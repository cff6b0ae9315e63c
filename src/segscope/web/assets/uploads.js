/* Uploads of the first page: a file that is dropped or chosen is streamed to the server, with progress and cancel.
   They belong to the browser's tab, not to the page, and go on when another page of segscope is looked at. */
(function () {
  "use strict";

  const drop = () => document.getElementById("home-drop");
  const sending = new Set();

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    Object.entries(attributes || {}).forEach(([k, v]) => (k in made ? (made[k] = v) : made.setAttribute(k, v)));
    made.append(...children);
    return made;
  }

  function size(bytes) {
    const units = ["bytes", "KB", "MB", "GB"];
    let value = bytes, unit = 0;
    while (value >= 1024 && unit < 3) { value /= 1024; unit += 1; }
    return `${unit ? value.toFixed(1) : value} ${units[unit]}`;
  }

  /* A row as the server draws them for what it makes. */
  function row(name) {
    const fill = element("div", { className: "progress-fill", style: "width: 0" });
    const bar = element("div", { className: "progress", role: "progressbar", "aria-label": `How much of ${name} is sent`, "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
    const words = element("div", { className: "progress-words", "aria-live": "polite" });
    const cancel = element("button", { className: "button small-button", type: "button" }, "Cancel");
    const box = element("div", { className: "progress-box" }, bar, element("div", { className: "progress-line" }, words, cancel));
    const made = element("article", { className: "card making" }, element("div", { className: "making-head" }, element("strong", { className: "making-name" }, name)), box);
    return { made, bar, fill, words, cancel, box };
  }

  function place() {
    const rows = document.getElementById("home-sending");
    if (rows) sending.forEach((made) => made.parentNode !== rows && rows.append(made));
  }

  function remove(made) {
    sending.delete(made);
    made.remove();
  }

  function refuse(made, name, reason) {
    const dismiss = element("button", { className: "button", type: "button", onclick: () => remove(made) }, "Dismiss");
    made.classList.add("failed");
    made.replaceChildren(
      element("div", { className: "making-words" },
        element("div", { className: "making-head" }, "No study was made of ", element("strong", { className: "making-name" }, name)),
        element("p", { className: "making-reason", role: "alert" }, reason)),
      element("div", { className: "making-buttons" }, dismiss));
  }

  function send(file) {
    const to = drop();
    const { made, bar, fill, words, cancel } = row(file.name);
    sending.add(made);
    place();
    if (file.size > Number(to.dataset.limit)) {
      refuse(made, file.name, `${file.name} has ${size(file.size)}; the largest upload here is ${to.dataset.words}. Keep fewer columns, compress it with gzip, or save it as Parquet.`);
      return;
    }
    const request = new XMLHttpRequest();
    let said = -1;
    const show = (sent) => {
      const share = file.size ? sent / file.size : 1;
      fill.style.width = `${Math.max(2, 100 * share)}%`;
      bar.setAttribute("aria-valuenow", Math.round(100 * share));
      const tenth = Math.floor(share * 50);
      if (tenth === said) return;
      said = tenth;
      words.replaceChildren(element("strong", {}, "Sending …"), element("span", { className: "muted" }, `${size(sent)} of ${size(file.size)}`));
    };
    show(0);
    request.upload.onprogress = (event) => show(event.loaded);
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch (e) { answer = {}; }
      if (request.status === 202) {
        remove(made);
        if (drop()) window.dash_clientside.set_props("home-asked", { data: answer });
      } else refuse(made, file.name, answer.error || `The server refused it (${request.status}).`);
    };
    request.onerror = () => refuse(made, file.name, "The connection broke off before all of it was sent. Nothing of it was kept.");
    cancel.onclick = () => { request.abort(); remove(made); };
    request.onloadend = () => { request.over = true; };
    made.request = request;
    request.open("POST", `${to.dataset.to}?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  }

  function choose() {
    const input = element("input", { type: "file", multiple: true });
    input.onchange = () => Array.from(input.files).forEach(send);
    input.click();
  }

  const holdsFiles = (event) => drop() && event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
  const mark = (on) => document.documentElement.classList.toggle("dropping", on);

  document.addEventListener("click", (event) => event.target.closest("#home-drop") && choose());
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false));
  document.addEventListener("drop", (event) => {
    mark(false);
    if (!holdsFiles(event)) return;
    event.preventDefault();
    Array.from(event.dataTransfer.files).forEach(send);
  });

  /* Escape leaves a name as it was. */
  document.addEventListener("keydown", (event) => {
    const field = event.key === "Escape" && event.target.closest(".name-field");
    if (field) field.querySelector("[data-leave]").click();
  });

  window.addEventListener("beforeunload", (event) => {
    if ([...sending].some((made) => made.request && !made.request.over)) event.preventDefault();
  });

  /* Rows come back when the first page does. */
  new MutationObserver(place).observe(document.documentElement, { childList: true, subtree: true });
})();
