"use strict";

// One chart per panel. All legends show the values of the epoch under the pointer, else the newest.

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { top: 8, right: 10, bottom: 24, left: 52 };
const HEIGHT = 210;

function add(parent, name, attributes = {}, text = "") {
  const made = name in { svg: 1, path: 1, line: 1, circle: 1, text: 1, g: 1 }
    ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== "") made.textContent = text;
  parent.append(made);
  return made;
}

function shown(value) {
  if (value === null || value === undefined) return "–";
  if (value !== 0 && (Math.abs(value) < 0.001 || Math.abs(value) >= 1e5)) {
    return value.toExponential(2).replace(/\.?0*e/, "e");
  }
  return String(Number(value.toPrecision(3)));
}

// Multiples of 1, 2 or 5 times a power of ten between low and high.
function linearTicks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

function logTicks(low, high) {
  const factors = high / low > 300 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const factor of factors) ticks.push(factor * 10 ** power);
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

function range(panel) {
  const values = panel.series.flatMap((one) => one.values).filter((value) => value !== null);
  if (!values.length) return [0, 1];
  let low = values.reduce((a, b) => Math.min(a, b));
  let high = values.reduce((a, b) => Math.max(a, b));
  if (panel.log) return [low / 1.15, high * 1.15];
  if (panel.level !== null) high = Math.max(high, panel.level);
  if (panel.family === "accuracy") return [Math.min(0.4, low), 1];
  low = Math.min(0, low);
  return high > low ? [low, high + (high - low) * 0.06] : [low, low + 1];
}

class Chart {
  constructor(parent, panel, epochs, point) {
    this.panel = panel;
    this.epochs = epochs;
    this.figure = add(parent, "figure", { class: "chart" });
    add(this.figure, "h3", {}, panel.title + (panel.log ? " (log scale)" : ""));
    add(this.figure, "p", { class: "hint" }, panel.meaning);
    const list = add(this.figure, "ul", { class: "values" });
    this.at = add(list, "li", { class: "at" });
    this.values = panel.series.map((one) => {
      const item = add(list, "li", { class: one.colour });
      add(item, "i");
      item.append(`${one.label} `);
      return add(item, "b");
    });
    this.svg = add(this.figure, "svg", { tabindex: 0, role: "img", "aria-label": this.summary() });
    this.svg.addEventListener("pointermove", (event) => point(this.index(event)));
    this.svg.addEventListener("pointerdown", (event) => point(this.index(event)));
    this.svg.addEventListener("pointerleave", () => point(null));
    this.svg.addEventListener("blur", () => point(null));
    this.svg.addEventListener("keydown", (event) => {
      const last = epochs.length - 1;
      const now = this.pointed ?? last;
      const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      point(Math.min(last, Math.max(0, to)));
    });
  }

  summary() {
    const ends = this.panel.series.map((one) => {
      const there = one.values.filter((value) => value !== null);
      return `${one.label} from ${shown(there[0])} to ${shown(there[there.length - 1])}`;
    });
    return `${this.panel.title} over ${this.epochs.length} epochs: ${ends.join("; ")}`;
  }

  index(event) {
    const box = this.svg.getBoundingClientRect();
    const part = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
    const epoch = this.first + part * (this.last - this.first);
    let best = 0;
    this.epochs.forEach((each, i) => {
      if (Math.abs(each - epoch) < Math.abs(this.epochs[best] - epoch)) best = i;
    });
    return best;
  }

  x(epoch) {
    const part = this.last > this.first ? (epoch - this.first) / (this.last - this.first) : 0.5;
    return MARGIN.left + part * (this.width - MARGIN.left - MARGIN.right);
  }

  y(value) {
    const scale = this.panel.log ? Math.log : (number) => number;
    const part = (scale(value) - scale(this.low)) / (scale(this.high) - scale(this.low));
    return HEIGHT - MARGIN.bottom - part * (HEIGHT - MARGIN.top - MARGIN.bottom);
  }

  draw() {
    this.width = this.svg.getBoundingClientRect().width;
    this.first = this.epochs[0];
    this.last = this.epochs[this.epochs.length - 1];
    [this.low, this.high] = range(this.panel);
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    this.drawAxes();
    if (this.panel.level !== null) this.drawLevel(this.panel.level);
    for (const one of this.panel.series) this.drawCurve(one);
    this.cursor = add(this.svg, "g");
    this.point(this.pointed ?? null);
  }

  drawAxes() {
    const right = this.width - MARGIN.right;
    const bottom = HEIGHT - MARGIN.bottom;
    const ticks = this.panel.log ? logTicks(this.low, this.high) : linearTicks(this.low, this.high, 5);
    for (const tick of ticks) {
      const y = this.y(tick);
      add(this.svg, "line", { class: "grid", x1: MARGIN.left, x2: right, y1: y, y2: y });
      add(this.svg, "text", { x: MARGIN.left - 8, y: y + 4, "text-anchor": "end" }, shown(tick));
    }
    add(this.svg, "line", { class: "axis", x1: MARGIN.left, x2: right, y1: bottom, y2: bottom });
    const count = Math.max(2, Math.floor(this.width / 90));
    const marks = this.last > this.first
      ? linearTicks(this.first, this.last, count).filter(Number.isInteger) : [this.first];
    marks.forEach((mark, i) => {
      const end = this.x(mark) > right - 30 ? "end" : "middle";
      const text = i === 0 ? `epoch ${mark}` : mark;
      add(this.svg, "text", { x: this.x(mark), y: HEIGHT - 6, "text-anchor": end }, text);
    });
  }

  drawLevel(level) {
    const right = this.width - MARGIN.right;
    const y = this.y(level);
    add(this.svg, "line", { class: "level", x1: MARGIN.left, x2: right, y1: y, y2: y });
    const text = `guessing, ${shown(level)}`;
    add(this.svg, "text", { x: right, y: y + 15, "text-anchor": "end" }, text);
  }

  drawCurve(one) {
    const group = add(this.svg, "g", { class: one.colour });
    const points = this.epochs
      .map((epoch, i) => [epoch, one.values[i]])
      .filter(([, value]) => value !== null)
      .map(([epoch, value]) => [this.x(epoch), this.y(value)]);
    if (!points.length) return;
    const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L");
    add(group, "path", { d: `M${line}`, stroke: "currentcolor" });
    // Without dots a single point would be invisible.
    const dots = points.length <= 30 ? points : [];
    for (const [cx, cy] of dots) add(group, "circle", { cx, cy, r: 3, fill: "currentcolor" });
  }

  // Shows the values of the epoch at this index, or of the newest if it is null.
  point(index) {
    this.pointed = index;
    const at = index ?? this.epochs.length - 1;
    this.at.textContent = `epoch ${this.epochs[at]}`;
    this.panel.series.forEach((one, i) => { this.values[i].textContent = shown(one.values[at]); });
    this.cursor.replaceChildren();
    if (index === null) return;
    const x = this.x(this.epochs[at]);
    const ends = { x1: x, x2: x, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom };
    add(this.cursor, "line", { class: "cursor", ...ends });
    for (const one of this.panel.series) {
      if (one.values[at] === null) continue;
      const dot = { class: one.colour, cx: x, cy: this.y(one.values[at]), r: 4, fill: "currentcolor" };
      add(this.cursor, "circle", dot);
    }
  }
}

function drawCharts(parent, panels, epochs) {
  const charts = [];
  const point = (index) => charts.forEach((chart) => chart.point(index));
  for (const panel of panels) charts.push(new Chart(parent, panel, epochs, point));
  new ResizeObserver(() => charts.forEach((chart) => chart.draw())).observe(parent);
  charts.forEach((chart) => chart.draw());
}
