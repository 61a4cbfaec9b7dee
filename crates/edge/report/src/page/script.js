// Adds to the pictures what paper cannot have: a ruler under the pointer that shows the
// time, what each enclave had in memory then, and zooming. Drag along a picture to zoom,
// double-click or Escape to go back.
// Nothing is fetched, stored or made from the page's text; without this script the page
// says the same.
"use strict";
(() => {
  const body = document.body;
  const start = 0, length = Number(body.dataset.nanos);
  if (!(length > 0)) return;
  const WIDTH = 1000;
  let view = [start, length];
  const plots = [...document.querySelectorAll("svg.time")];
  const axes = [...document.querySelectorAll("svg.axis")];
  const charts = [...document.querySelectorAll(".chart")];
  const rulers = charts.map((chart) => {
    const ruler = document.createElement("div");
    ruler.className = "ruler";
    ruler.hidden = true;
    ruler.appendChild(document.createElement("b"));
    chart.appendChild(ruler);
    return ruler;
  });
  charts.forEach((chart) => chart.classList.add("zoomable"));

  const words = (nanos, step) => {
    const [unit, name] = step >= 1e8 ? [1e9, "s"] : step >= 1e5 ? [1e6, "ms"] : [1e3, "µs"];
    const places = Math.max(0, Math.min(3, Math.ceil(Math.log10(unit / step))));
    return `${(nanos / unit).toFixed(places)} ${name}`;
  };

  const show = () => {
    const [from, span] = view;
    const x = (from / length) * WIDTH, width = (span / length) * WIDTH;
    for (const plot of plots) {
      const box = plot.viewBox.baseVal;
      plot.setAttribute("viewBox", `${x} 0 ${width} ${box.height}`);
    }
    const whole = span === length;
    let step = 10 ** Math.floor(Math.log10(span / 5));
    step *= [1, 2, 5, 10].find((factor) => span / (step * factor) <= 6);
    for (const axis of axes) {
      if (!axis.originals) axis.originals = [...axis.childNodes];
      axis.replaceChildren(...(whole ? axis.originals : []));
      if (whole) continue;
      for (let at = Math.ceil(from / step) * step; at <= from + span; at += step) {
        const place = (at - from) / span;
        const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
        text.setAttribute("x", `${place * 100}%`);
        text.setAttribute("y", "14");
        text.setAttribute("text-anchor", place < 0.02 ? "start" : place > 0.96 ? "end" : "middle");
        text.textContent = words(at, step);
        axis.appendChild(text);
      }
    }
  };

  // What each layer of the picture of memory held at each moment, and where it is said.
  const layers = document.querySelector("g[data-x]");
  const numbers = (text) => text.split(" ").map(Number);
  const moments = layers ? numbers(layers.dataset.x) : [];
  const amounts = [...(layers?.children ?? [])].map((layer, number) => ({
    pages: numbers(layer.dataset.pages),
    label: document.querySelector(`em[data-layer="${number}"]`),
  }));
  for (const amount of amounts) amount.most = amount.label.textContent;
  const memory = (pages) =>
    pages === 0 ? "0" : pages < 256 ? `${pages * 4} KiB` : `${(pages / 256).toFixed(1)} MiB`;
  const tell = (nanos) => {
    const x = (nanos / length) * WIDTH;
    const at = Math.max(0, moments.findLastIndex((moment) => moment <= x));
    for (const { pages, label } of amounts) label.textContent = memory(pages[at]);
  };
  const hush = () => {
    for (const ruler of rulers) ruler.hidden = true;
    for (const { label, most } of amounts) label.textContent = most;
  };

  let begun = null;
  const place = (plot, event) => {
    const box = plot.parentNode.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  for (const plot of plots.map((plot) => plot.parentNode)) {
    const time = plot.querySelector("svg.time");
    plot.addEventListener("pointermove", (event) => {
      const at = place(time, event);
      const box = plot.getBoundingClientRect();
      rulers.forEach((ruler, number) => {
        const chart = charts[number].getBoundingClientRect();
        ruler.hidden = false;
        ruler.style.left = `${box.left - chart.left + at * box.width}px`;
        const span = begun === null ? "" : ` (${words(Math.abs(at - begun) * view[1], view[1] / 500)})`;
        ruler.firstChild.textContent = words(view[0] + at * view[1], view[1] / 500) + span;
      });
      tell(view[0] + at * view[1]);
    });
    plot.addEventListener("pointerleave", hush);
    plot.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && event.pointerType !== "touch") {
        begun = place(time, event);
        event.preventDefault();
      }
    });
    plot.addEventListener("pointerup", (event) => {
      if (begun === null) return;
      const [from, until] = [begun, place(time, event)].sort((a, b) => a - b);
      begun = null;
      if ((until - from) * view[1] < length / 1e6 || until - from < 0.01) return;
      view = [view[0] + from * view[1], (until - from) * view[1]];
      show();
    });
    plot.addEventListener("dblclick", () => {
      view = [start, length];
      show();
    });
  }
  addEventListener("pointerup", () => (begun = null));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      view = [start, length];
      show();
    }
  });
})();
