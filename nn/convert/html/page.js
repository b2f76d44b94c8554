/** The page: drawing, the answer, the maps of all layers, and one number spelled out. */

import { addUp, breakDown, decimalsFor } from "./breakdown.js";
import { fromStrokes } from "./canvas.js";
import { LAYERS, positionOf, Sequential } from "./network.js";

const SIZE = 300; // side of the window's canvas, the unit of strokes
const RADIUS = 8; // of the pen
const NUDGE = 6; // by which an arrow key moves the pen

/** Sample digits as strokes on a grid of ten: corners, which are rounded when they are drawn. */
const SAMPLES = [
  "50 20 14 27 37 59 86 83 85 77 32 51",
  "51 50 59",
  "22 31 60 83 55 19 39 89",
  "21 50 82 45 54 86 79 39 19",
  "60 24 26 86 | 62 56 59",
  "80 30 24 43 73 87 69 28",
  "70 42 15 28 69 86 64 25",
  "20 50 80 64 49",
  "70 30 23 46 76 69 39 27 54 82 70 40",
  "80 42 24 36 65 82 81 78 69",
];

const $ = (id) => document.getElementById(id);
const model = JSON.parse($("model").textContent);
const network = new Sequential(model);

let strokes = []; // lists of [x, y], as the window keeps them
let pen = null; // the pointer that draws, and its stroke
let key = null; // the keyboard's pen: x, y, and its stroke if it is down
let maps = network.maps(fromStrokes([])); // the input and every layer's output
let selected = null; // [index, i]: number i of maps[index]
let palette = new Uint32Array(256); // colours of numbers from -1 to 1
let colour = {}; // of the theme, by name

/** Make an element with attributes and children; text stays text. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Read the drawing and show everything, once before the next frame. */
function changed() {
  if (!changed.soon) changed.soon = requestAnimationFrame(show);
}

function show() {
  cancelAnimationFrame(changed.soon);
  changed.soon = 0;
  maps = network.maps(fromStrokes(strokes));
  const proba = maps.at(-1);
  const best = strokes.length ? proba.indexOf(Math.max(...proba)) : -1;
  for (const [digit, row] of [...$("bars").children].entries()) {
    const percent = strokes.length ? (100 * proba[digit]).toFixed(1) : "0.0";
    row.className = digit === best ? "best" : "";
    row.children[1].style.setProperty("--share", `${percent}%`);
    row.children[2].textContent = `${percent} %`;
  }
  // As in the window: truncated, so that only probability 1 reads 100%.
  $("answer").textContent = best < 0 ? "" : `${best}, ${Math.floor(100 * proba[best])}%`;
  paintDrawing();
  for (const view of views) if (view.visible) paintMaps(view);
  if (selected) showNumber();
}

/** Tell a screen reader the answer, when a stroke or a command has ended. */
function announce(text) {
  show();
  $("said").textContent = text ?? ($("answer").textContent || "nothing is drawn");
}

// Drawing: mouse, pen and touch are pointers; the arrow keys move a pen of their own.

/** Add a point to a stroke. One beyond the edge ends it if its ink would not be seen. */
function ink(hand, x, y) {
  const [inX, inY] = [x, y].map((n) => Math.min(Math.max(n, 0), SIZE));
  if (Math.hypot(x - inX, y - inY) > RADIUS) {
    hand.stroke = null;
    return;
  }
  if (!hand.stroke) {
    hand.stroke = [];
    strokes.push(hand.stroke);
  }
  hand.stroke.push([inX, inY]);
  changed();
}

function inkOf(event) {
  const box = $("pad").getBoundingClientRect();
  const scale = SIZE / $("pad").clientWidth;
  const [left, top] = [box.left + $("pad").clientLeft, box.top + $("pad").clientTop];
  const events = event.getCoalescedEvents?.() ?? [];
  for (const each of events.length ? events : [event]) {
    ink(pen, (each.clientX - left) * scale, (each.clientY - top) * scale);
  }
}

function edit(change) {
  pen = key = null;
  strokes = change(strokes);
  announce();
}

const clear = () => edit(() => []);
const undo = () => edit((all) => all.slice(0, -1));

$("pad").addEventListener("pointerdown", (event) => {
  if (pen || event.button) return;
  pen = { id: event.pointerId, stroke: null };
  inkOf(event);
});
addEventListener("pointermove", (event) => pen?.id === event.pointerId && inkOf(event));
for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, (event) => {
    if (pen?.id !== event.pointerId) return;
    pen = null;
    announce();
  });
}

$("pad").addEventListener("keydown", (event) => {
  const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
    event.key
  ];
  if (!move && event.key !== " ") return;
  event.preventDefault();
  key ??= { x: SIZE / 2, y: SIZE / 4, stroke: null };
  if (move)
    [key.x, key.y] = [key.x + NUDGE * move[0], key.y + NUDGE * move[1]].map((n) =>
      Math.min(Math.max(n, 0), SIZE),
    );
  else if (key.stroke) key.stroke = null;
  else ink(key, key.x, key.y);
  if (key.stroke) ink(key, key.x, key.y);
  const where = `${Math.round(key.x)}, ${Math.round(key.y)}`;
  announce(`pen ${key.stroke ? "down" : "up"} at ${where}; ${$("answer").textContent}`);
});

function paintDrawing() {
  const context = $("pad").getContext("2d");
  const scale = $("pad").width / SIZE;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, SIZE, SIZE);
  Object.assign(context, {
    lineWidth: 2 * RADIUS,
    lineCap: "round",
    lineJoin: "round",
    strokeStyle: colour.ink,
  });
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(...stroke[0]);
    for (const point of stroke) context.lineTo(...point);
    context.stroke();
  }
  if (!key) return;
  Object.assign(context, { lineWidth: 3, strokeStyle: colour.mark });
  context.strokeRect(key.x - RADIUS, key.y - RADIUS, 2 * RADIUS, 2 * RADIUS);
}

/** Return a sample as strokes: each corner is cut twice. */
function sample(text) {
  const cut = (line) => {
    const halves = line
      .slice(1)
      .flatMap((b, i) =>
        [0.25, 0.75].map((t) => b.map((n, k) => line[i][k] + t * (n - line[i][k]))),
      );
    return [line[0], ...halves, line.at(-1)];
  };
  const points = (line) =>
    line
      .trim()
      .split(" ")
      .map(([x, y]) => [40 + 24 * x, 30 + 26 * y]);
  return text.split("|").map((line) => cut(cut(points(line))));
}

// The maps: one pixel a number, a tile a channel; enlarged by the style.

const views = [model.layers[0].from, ...network.layers.map(({ to }) => to)].map((shape, index) => {
  const title = index ? `layer ${index - 1} ${network.layers[index - 1].type}` : "input";
  const size = shape.join(" × ");
  const label = `${title}, ${size}. Arrow keys choose a number, Page Up and Down the channel.`;
  const canvas = make("canvas", { tabindex: 0, role: "application", "aria-label": label });
  const section = make("section", {}, make("h3", {}, title, " ", make("small", {}, size)), canvas);
  const view = { index, title, canvas, section, visible: true };
  view.shape = shape.length === 3 ? shape : [1, 1, shape[0]];
  canvas.addEventListener("click", (event) => {
    const [x, y] = [event.offsetX, event.offsetY].map((n) => Math.floor(n / view.scale));
    select(view, view.places.indexOf(y * canvas.width + x));
  });
  canvas.addEventListener("keydown", (event) => moveOn(view, event));
  $("layers").append(section);
  return view;
});

const watch = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const view = views.find(({ canvas }) => canvas === target);
    view.visible = isIntersecting;
    if (isIntersecting) paintMaps(view);
  }
});

/** Lay out the tiles of all layers in the width that there is. */
function layOut() {
  const room = $("layers").clientWidth - 4;
  for (const view of views) {
    const [H, W, C] = view.shape;
    view.scale = Math.max(1, Math.min(Math.round(Math.max(48, room / 24) / Math.max(H, W)), 12));
    const columns = Math.max(1, Math.min(C, Math.floor(room / ((W + 1) * view.scale))));
    const { canvas } = view;
    canvas.width = columns * (W + 1) - 1;
    canvas.height = Math.ceil(C / columns) * (H + 1) - 1;
    canvas.style.width = `${canvas.width * view.scale}px`;
    view.places = Int32Array.from({ length: H * W * C }, (_, i) => {
      const [c, column, row] = [i % C, Math.floor(i / C) % W, Math.floor(i / C / W)];
      const y = Math.floor(c / columns) * (H + 1) + row;
      return y * canvas.width + (c % columns) * (W + 1) + column;
    });
    watch.observe(canvas);
  }
  show();
}

function paintMaps({ index, canvas, places }) {
  const image = new ImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const most = maps[index].reduce((found, n) => Math.max(found, Math.abs(n)), 0) || 1;
  for (const [i, n] of maps[index].entries())
    pixels[places[i]] = palette[128 + Math.round((126 * n) / most)];
  if (selected?.[0] === index) pixels[places[selected[1]]] = palette[0];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) =>
    style
      .getPropertyValue(`--${name}`)
      .match(/[0-9a-f]{2}/g)
      .map((n) => Number.parseInt(n, 16));
  colour = { ink: style.getPropertyValue("--ink"), mark: style.getPropertyValue("--mark") };
  const [paper, plus, minus] = ["paper", "plus", "minus"].map(rgb);
  const mix = (end, t) => [...paper.map((n, k) => n + t * (end[k] - n)), 255];
  const table = Array.from({ length: 256 }, (_, i) =>
    mix(i < 128 ? minus : plus, Math.min(Math.abs(i - 128) / 126, 1)),
  );
  table[0] = [...rgb("mark"), 255];
  palette = new Uint32Array(Uint8ClampedArray.from(table.flat()).buffer);
}

// One number spelled out.

function select(view, i) {
  if (i < 0) return;
  selected = [view.index, i];
  view.section.append($("number"));
  $("number").hidden = false;
  const [, W, C] = view.shape;
  const where = `channel ${i % C}, row ${Math.floor(i / C / W)}, column ${Math.floor(i / C) % W}`;
  announce(`${view.title}, ${where}: ${text(maps[view.index][i])}`);
}

function moveOn(view, event) {
  const [H, W, C] = view.shape;
  const wide = W * H === 1; // of a vector, the arrow keys go from number to number
  const steps = {
    ArrowUp: -W * C,
    ArrowDown: W * C,
    ArrowLeft: -C,
    ArrowRight: C,
    PageUp: -1,
    PageDown: 1,
  };
  const step = (steps[event.key] ?? 0) / (wide && event.key.startsWith("Arrow") ? C : 1);
  if (!step) return;
  event.preventDefault();
  const from = selected?.[0] === view.index ? selected[1] : -step;
  const to = from + step;
  if (to >= 0 && to < maps[view.index].length) select(view, to);
}

const text = (n, decimals = decimalsFor(n)) =>
  Number.isFinite(n) ? n.toFixed(decimals) : String(n);

/** Show a number with its arithmetic; a convolution or dense layer together with its ReLU. */
function showNumber() {
  const [index, i] = selected;
  const kinds = network.layers.map(({ type }) => type);
  const sums = (type) => /Conv2D|Dense/.test(type);
  const shown = [index];
  if (kinds[index - 1] === "ReLU" && sums(kinds[index - 2])) shown.unshift(index - 1);
  else if (sums(kinds[index - 1]) && kinds[index] === "ReLU") shown.push(index + 1);
  const parts = index
    ? shown.flatMap((each) => spelled(each, i))
    : [`ink ${text(maps[0][i])}, from 0 to 1`];
  $("number").replaceChildren(...parts);
}

function spelled(index, i) {
  const layer = network.layers[index - 1];
  const value = maps[index][i];
  const {
    rule,
    notes = {},
    terms = [],
    grids = [],
    winner,
    share,
  } = breakDown(layer, maps[index - 1], i);
  const values = terms.map((term) => term[1]);
  const total = share === undefined ? value : values.reduce((a, b) => a + b);
  const decimals = decimalsFor(value, total, ...values);
  const shown = addUp(values, total, decimals);
  const rows = Object.entries(notes).map(([name, n]) => [name, "", text(n, decimals)]);
  for (const [k, [name, , factors = []]] of terms.entries()) {
    rows.push([
      name,
      factors.length > 1 ? factors.map((n) => text(n, decimals)).join(" × ") : "",
      shown[k],
    ]);
  }
  if (share !== undefined) rows.push(["sum", "", text(total, decimals)]);
  const quotient = share === undefined ? "" : `${shown[share]} / ${text(total, decimals)}`;
  rows.push(["out", quotient, text(value, decimals)]);
  return [
    make("h3", {}, `${views[index].title} at (${positionOf(layer.to, i).join(", ")})`),
    make("p", {}, rule),
    make(
      "div",
      { class: "grids" },
      ...grids.map((grid) => gridOf(grid, layer.window.kernel[1], winner, decimals)),
    ),
    make(
      "table",
      {},
      ...rows.map(([name, ...cells]) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, name),
          ...cells.map((cell) => make("td", {}, cell)),
        ),
      ),
    ),
  ];
}

function gridOf([title, numbers], wide, winner, decimals) {
  const table = make("table", {}, make("caption", {}, title));
  for (let start = 0; start < numbers.length; start += wide) {
    const row = numbers.slice(start, start + wide).map((n, k) => {
      const frame = start + k === winner ? { class: "winner" } : {};
      return make("td", frame, n === null ? "padding" : text(n, decimals));
    });
    table.append(make("tr", {}, ...row));
  }
  return table;
}

for (let digit = 0; digit < 10; digit++) {
  $("bars").append(
    make("li", {}, make("span", {}, String(digit)), make("i", {}), make("span", {})),
  );
  const button = make("button", { "aria-label": `Draw a ${digit}` }, String(digit));
  button.addEventListener("click", () => edit(() => sample(SAMPLES[digit])));
  $("samples").append(button);
}
$("recognise").addEventListener("click", () => announce());
$("clear").addEventListener("click", clear);
$("undo").addEventListener("click", undo);
addEventListener("keydown", (event) => {
  if (event.key === "Escape") clear();
  else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
  else if (event.key === "Enter" && event.target === $("pad")) announce();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readTheme();
  show();
});
new ResizeObserver(layOut).observe($("layers"));
readTheme();
layOut();
performance.mark("answered");

/** For the console of the curious: digits.maps() of what is drawn, digits.network.layers[0].w. */
globalThis.digits = {
  network,
  fromStrokes,
  breakDown,
  LAYERS,
  Sequential,
  show,
  strokes: () => strokes,
  maps: () => maps,
};
