/** The page: the drawing, the answer, and what is inside the network. */

import { arithmetic } from "./arithmetic.js";
import { breakDown } from "./breakdown.js";
import { fromStrokes } from "./canvas.js";
import { Drawing, SAMPLES, sample } from "./drawing.js";
import { LayerMaps, make, readColours } from "./maps.js";
import { LAYERS, Sequential } from "./network.js";

const $ = (id) => document.getElementById(id);
const network = new Sequential(JSON.parse($("model").textContent));
const drawing = new Drawing($("pad"), showSoon, announce);
const shapes = [network.layers[0].from, ...network.layers.map(({ to }) => to)];
const views = shapes.map(
  (shape, k) => new LayerMaps(k, network.layers[k - 1]?.type, shape, select),
);

let maps = []; // the input and every layer's output
let selected = null; // the LayerMaps in which a number is spelled out
let colours = readColours();
let frame = 0; // the request to show what has changed

/** Read the drawing and show all that follows from it. */
function show() {
  cancelAnimationFrame(frame);
  const isBlank = !drawing.strokes.length;
  maps = network.maps(fromStrokes(drawing.strokes));
  const proba = isBlank ? Array(SAMPLES.length).fill(0) : maps.at(-1);
  const best = isBlank ? -1 : proba.indexOf(Math.max(...proba));
  for (const [digit, row] of [...$("bars").children].entries()) {
    row.className = digit === best ? "best" : "";
    row.children[1].style.setProperty("--share", `${100 * proba[digit]}%`);
    row.children[2].textContent = `${(100 * proba[digit]).toFixed(1)} %`;
  }
  // As in the window: truncated, so that only probability 1 reads 100%.
  const answer = best < 0 ? "not a number" : `${best}, ${Math.floor(100 * proba[best])}%`;
  $("answer").textContent = isBlank ? "" : answer;
  drawing.paint(colours, []);
  for (const view of views) view.show(maps[view.index], colours.numbers);
  const parts = selected ? arithmetic(network.layers, maps, selected.index, selected.selected) : [];
  $("number").replaceChildren(...parts);
}

function showSoon() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(show);
}

/** Show all, and tell a screen reader the answer. */
function announce(before) {
  show();
  $("said").textContent = before + ($("answer").textContent || "nothing is drawn");
}

/** Spell out a number of a layer's maps. */
function select(view, i) {
  if (!(i in view.numbers)) return;
  if (selected) selected.selected = null;
  selected = view;
  view.selected = i;
  view.section.append($("number"));
  $("number").hidden = false;
  show();
  $("said").textContent = view.describe(i);
}

function layOut() {
  for (const view of views) view.layOut($("layers").clientWidth - 4);
  show();
}

for (let digit = 0; digit < SAMPLES.length; digit++) {
  const [name, bar, share] = [make("span", {}, `${digit}`), make("i", {}), make("span", {})];
  $("bars").append(make("li", {}, name, bar, share));
  const button = make("button", { "aria-label": `Draw a ${digit}` }, `${digit}`);
  button.addEventListener("click", () => drawing.replace(sample(digit)));
  $("samples").append(button);
}
$("recognise").addEventListener("click", () => announce(""));
$("clear").addEventListener("click", () => drawing.replace([]));
$("undo").addEventListener("click", () => drawing.undo());
addEventListener("keydown", (event) => {
  if (event.key === "Escape") drawing.replace([]);
  else if (event.key === "z" && (event.ctrlKey || event.metaKey)) drawing.undo();
  else if (event.key === "Enter" && event.target === $("pad")) announce("");
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colours = readColours();
  show();
});
const watch = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    views.find(({ section }) => section === target).isVisible = isIntersecting;
  }
  showSoon();
});
for (const { section } of views) {
  $("layers").append(section);
  watch.observe(section);
}
new ResizeObserver(layOut).observe($("layers"));
layOut();
performance.mark("answered");

/** For the console of the curious: digits.maps() of what is drawn, digits.network.layers[0].w. */
const ours = { network, drawing, fromStrokes, breakDown, LAYERS, Sequential, show };
globalThis.digits = { ...ours, strokes: () => drawing.strokes, maps: () => maps };
