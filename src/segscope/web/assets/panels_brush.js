/* A panel of numbers or dates: a histogram, everybody in grey and the selection in front, with a brush and exact fields. */
(function (P) {
  "use strict";

  const HEIGHT = 74;
  const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
  const state = () => P.state;

  /* While a brush moves: what draws its next frame. Moves between two frames are drawn once. */
  let dragging = null;
  let frame = 0;
  P.redrag = function () {
    if (!dragging || frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (dragging) dragging();
    });
  };

  P.numberPanel = function (panel, variable) {
    const { bins } = variable;
    const { count } = bins;
    const plot = P.svg("svg", { class: "hist", height: HEIGHT, role: "img", tabindex: 0 });
    const shade = P.svg("rect", { class: "brush", y: 0, height: HEIGHT });
    const everybody = P.svg("path", { class: "everybody", d: "M0 0" });
    const chosen = P.svg("path", { class: "chosen", d: "M0 0" });
    const edges = [0, 1].map(() => P.svg("line", { class: "edge", y1: 0, y2: HEIGHT }));
    const handles = [0, 1].map((i) =>
      P.svg("rect", {
        class: "handle", y: HEIGHT / 2 - 9, width: 8, height: 18, rx: 3, tabindex: 0, role: "slider", "data-edge": i,
        "aria-label": variable.label + (i ? ", upper limit" : ", lower limit"), "aria-valuemin": bins.smallest, "aria-valuemax": bins.largest,
      })
    );
    const marks = [shade, ...edges, ...handles];
    plot.append(shade, everybody, chosen, ...edges, ...handles);
    const axis = P.element("div", { class: "axis", "aria-hidden": "true" });
    const readout = P.element("div", { class: "readout", "aria-hidden": "true" });
    const fields = P.limitFields(variable);
    panel.append(plot, P.element("div", { class: "under" }, axis, readout), ...fields.nodes);

    let width = 0;
    let brush = null; // [from, to] in bins while it is being dragged
    const whole = () => state().whole[variable.key] || [];

    function drawCounts() {
      const top = Math.max(1, ...whole().slice(0, count));
      chosen.setAttribute("d", P.bars(state().counts[variable.key] || whole(), count, width / count, HEIGHT, top));
      if (told >= 0) tell(told);
    }
    function drawBrush() {
      const now = brush || P.edgesOf(variable, state().filters[variable.column]);
      marks.forEach((mark) => (mark.style.display = now ? "" : "none"));
      if (!now) return;
      const step = width / count;
      P.attributes(shade, { x: now[0] * step, width: Math.max(1, (now[1] - now[0]) * step) });
      now.forEach((place, i) => {
        const value = P.valueAt(bins, place);
        P.attributes(edges[i], { x1: place * step, x2: place * step });
        P.attributes(handles[i], { x: place * step - 4, "aria-valuenow": value, "aria-valuetext": P.shown(variable, value) });
      });
    }
    function draw(resized) {
      if (resized || !width) width = plot.clientWidth || panel.clientWidth || 260;
      const top = Math.max(1, ...whole().slice(0, count));
      everybody.setAttribute("d", P.bars(whole(), count, width / count, HEIGHT, top));
      drawCounts();
      drawBrush();
      plot.setAttribute("aria-label", variable.label + ": " + P.full(state().selected) + " of " + P.full(state().total) + " customers selected");
      P.drawAxis(axis, variable, whole());
      fields.draw(state().filters[variable.column]);
    }

    const preview = ([from, to]) => P.cubes.preview(variable, from <= 0 && to >= count ? null : [[from, to]]);
    function choose(from, to) {
      preview([from, to]);
      P.drawCounts();
      P.setFilter(variable.column, P.filterOf(variable, from, to));
    }

    /* drag on the plot to select, drag inside to move, drag an edge to resize, double click to clear */
    plot.addEventListener("pointerdown", (event) => {
      if (event.button || dragging) return;
      const box = plot.getBoundingClientRect();
      const at = (e) => Math.max(0, Math.min(count, ((e.clientX - box.left) / box.width) * count));
      const start = at(event);
      const now = P.edgesOf(variable, state().filters[variable.column]);
      const edge = event.target.getAttribute("data-edge");
      const inside = now && edge === null && start > now[0] && start < now[1] && now[1] - now[0] < count;
      let moved = false;
      plot.setPointerCapture(event.pointerId);
      P.cubes.approach(variable);
      const snapped = (from, to) => {
        const first = Math.min(count - 1, Math.round(from));
        return [first, Math.min(count, Math.max(Math.round(to), first + 1))];
      };
      const move = (e) => {
        const here = at(e);
        if (!moved && Math.abs(here - start) * (box.width / count) < 3) return;
        moved = true;
        if (edge !== null) {
          const other = now[1 - Number(edge)];
          brush = snapped(Math.min(here, other), Math.max(here, other));
        } else if (inside) {
          const shift = Math.max(-now[0], Math.min(count - now[1], here - start));
          brush = snapped(now[0] + shift, now[1] + shift);
        } else brush = snapped(Math.min(start, here), Math.max(start, here));
        dragging = () => {
          drawBrush();
          if (preview(brush)) P.drawCounts();
        };
        P.redrag();
      };
      const end = (e) => {
        plot.removeEventListener("pointermove", move);
        plot.removeEventListener("pointerup", end);
        plot.removeEventListener("pointercancel", end);
        const final = brush;
        brush = dragging = null;
        if (moved && final && e.type === "pointerup") choose(final[0], final[1]);
        else if (moved) Object.assign(state(), state().served); // the touch became a scroll
        drawBrush();
        P.drawCounts();
      };
      plot.addEventListener("pointermove", move);
      plot.addEventListener("pointerup", end);
      plot.addEventListener("pointercancel", end);
    });
    /* the bar under the pointer, in words */
    let told = -1;
    function tell(i) {
      told = i;
      const all = whole()[i] || 0, mine = (state().counts[variable.key] || whole())[i] || 0;
      readout.textContent = i < 0 ? "" : P.binWords(variable, i) + ": " + P.full(mine) + (mine === all ? "" : " of " + P.full(all)) + ", " + P.percent(mine, state().selected);
    }
    plot.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch" || dragging) return tell(-1);
      const box = plot.getBoundingClientRect();
      tell(Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left) / box.width) * count))));
    });
    plot.addEventListener("pointerleave", () => tell(-1));
    plot.addEventListener("dblclick", () => choose(0, count));
    plot.addEventListener("keydown", (event) => {
      const now = P.edgesOf(variable, state().filters[variable.column]) || [0, count];
      const step = KEYS[event.key];
      if (event.key === "Escape" || event.key === "Delete") return choose(0, count);
      if (!step) return;
      event.preventDefault();
      const edge = event.target.getAttribute("data-edge");
      let [from, to] = now.map(Math.round);
      if (edge === "0") from = Math.max(0, Math.min(to - 1, from + step));
      else if (edge === "1" || event.shiftKey) to = Math.min(count, Math.max(from + 1, to + step));
      else if (to - from === count) { if (step > 0) from += 1; else to -= 1; }
      else if (from + step >= 0 && to + step <= count) { from += step; to += step; }
      choose(from, to);
    });
    return { draw, drawCounts };
  };

  /* Smallest, middle and largest value under the bars; what the first and the last bar hold beyond themselves is told. */
  P.drawAxis = function (axis, variable, whole) {
    const { low, width, count, smallest, largest, edges } = variable.bins;
    const place = (text, title) => P.element("span", { title }, text);
    if (edges.length) {
      const middle = edges[Math.round(count / 2)];
      axis.classList.remove("each");
      return axis.replaceChildren(...[smallest, middle, largest].map((value) => place(P.shown(variable, value), null)));
    }
    const high = low + count * width;
    const single = variable.whole && width === 1;
    const first = single ? low + 0.5 : Math.max(low, Math.min(smallest, low + width));
    const last = single ? high - 0.5 : Math.min(high, largest);
    const above = largest > high, below = smallest < low;
    const told = (i, words) => P.full(whole[i] || 0) + " customers " + words;
    const aboveTitle = above ? told(count - 1, "from " + P.shown(variable, single ? last : high - width) + " up to " + P.shown(variable, largest) + ", in the last bar") : null;
    const belowTitle = below ? told(0, "from " + P.shown(variable, smallest) + " up to " + P.shown(variable, low + width) + ", in the first bar") : null;
    const each = single && count <= 9;
    axis.classList.toggle("each", each);
    if (each) {
      axis.replaceChildren(...Array.from({ length: count }, (_, i) => place(P.short(low + 0.5 + i) + (above && i === count - 1 ? "+" : ""), i === count - 1 ? aboveTitle : null)));
    } else {
      axis.replaceChildren(
        place((below ? "≤ " : "") + P.shown(variable, first), belowTitle), place(P.shown(variable, (first + last) / 2), null), place(P.shown(variable, last) + (above ? "+" : ""), aboveTitle)
      );
    }
  };

  /* Exact limits, to type in. */
  P.limitFields = function (variable) {
    const { bins } = variable;
    const date = variable.kind === "date";
    const boxes = [0, 1].map((i) =>
      P.element("input", {
        type: "text", inputmode: date ? null : "decimal", class: "end", autocomplete: "off", spellcheck: "false",
        "aria-label": variable.label + (i ? ", to" : ", from"), placeholder: P.shown(variable, i ? bins.largest : bins.smallest),
        title: date ? "A day, a month or a year: 2014-06-29, 2014-06 or 2014" : null, onchange: () => read(),
      })
    );
    const ends = P.element("div", { class: "ends" }, boxes[0], P.element("span", { "aria-hidden": "true" }, "to"), boxes[1]);
    const message = P.element("div", { class: "end-message", role: "alert" });

    function read() {
      const values = boxes.map((box) => (box.value.trim() === "" ? null : date ? P.readDay(box.value, box === boxes[1]) : P.readNumber(box.value)));
      const wrong = values.findIndex((value) => typeof value === "number" && Number.isNaN(value));
      boxes.forEach((box, i) => box.setAttribute("aria-invalid", i === wrong));
      if (wrong >= 0) message.textContent = "“" + boxes[wrong].value.trim().slice(0, 20) + "” is " + (date ? "no day like 2014-06-29." : "not a number.");
      else if (values[0] !== null && values[1] !== null && values[0] > values[1]) message.textContent = "The first must not be above the second.";
      else {
        message.textContent = "";
        P.setFilter(variable.column, values[0] === null && values[1] === null ? null : values);
      }
    }
    function draw(filter) {
      if (boxes.includes(document.activeElement)) return;
      const text = (value) => (value === null ? "" : typeof value === "number" ? String(+value.toPrecision(12)) : value);
      boxes.forEach((box, i) => (box.value = filter ? text(filter[i]) : ""));
    }
    return { nodes: [ends, message], draw };
  };
})((window.segscopePanels = window.segscopePanels || {}));
