/** The page: the drawing, the answer, and what is inside the network. */

import { arithmetic } from "./arithmetic.js";
import { breakDown } from "./breakdown.js";
import { fromStrokes } from "./canvas.js";
import { Drawing, SAMPLES, sample } from "./drawing.js";
import { LayerMaps, make, readColours } from "./maps.js";
import { LAYERS, Sequential } from "./network.js";
import { find } from "./segments.js";

const SEEN = 400; // images whose answers are kept: a digit drawn before is not read again
const BLANK = { image: fromStrokes([]), proba: Array(SAMPLES.length).fill(0) };

const $ = (id) => document.getElementById(id);
const network = new Sequential(JSON.parse($("model").textContent));
const drawing = new Drawing($("pad"), showSoon, announce);
const shapes = [network.layers[0].from, ...network.layers.map(({ to }) => to)];
const views = shapes.map(
  (shape, k) => new LayerMaps(k, network.layers[k - 1]?.type, shape, select),
);

let reading = []; // the symbols of the drawing, in reading order
let chosen = 0; // index of the one whose inside is shown
let maps = []; // the input and every layer's output
let selected = null; // the LayerMaps in which a number is spelled out
let colours = readColours();
const seen = new Map(); // probabilities by image, as text
const inside = new WeakMap(); // maps by image, as long as it is in use
let frame = 0; // the request to show what has changed

/** Return the probabilities of an image; those of images seen before are not computed again. */
function classify(image) {
  const key = image.join();
  if (!seen.has(key)) {
    inside.set(image, network.maps(image));
    seen.set(key, inside.get(image).at(-1));
  }
  if (seen.size > SEEN) seen.delete(seen.keys().next().value); // the oldest
  return seen.get(key);
}

/** Read the drawing and show all that follows from it. */
function show() {
  cancelAnimationFrame(frame);
  const lines = find(drawing.strokes, classify);
  reading = lines.flat();
  if (!reading[chosen]?.image) chosen = reading.findIndex((symbol) => symbol.image);
  const { image, proba, box } = reading[chosen] ?? BLANK;
  maps = inside.get(image) ?? network.maps(image);
  const best = reading.length ? proba.indexOf(Math.max(...proba)) : -1;
  for (const [digit, row] of [...$("bars").children].entries()) {
    row.className = digit === best ? "best" : "";
    row.children[1].style.setProperty("--share", `${100 * proba[digit]}%`);
    row.children[2].textContent = `${(100 * proba[digit]).toFixed(1)} %`;
  }
  $("answer").textContent = answer(lines);
  showSymbols();
  const boxes = reading.length > 1 ? [box] : [];
  drawing.paint(colours, boxes);
  for (const view of views) view.show(maps[view.index], colours.numbers);
  const parts = selected ? arithmetic(network.layers, maps, selected.index, selected.selected) : [];
  $("number").replaceChildren(...parts);
}

/** Return the number and its probability, the product of its digits', as the window writes it. */
function answer(lines) {
  if (!lines.length) return "";
  const text = lines.map((line) => line.map((symbol) => symbol.text).join("")).join(" ");
  const all = reading.map(({ proba }) => (proba ? Math.max(...proba) : 1));
  const share = all.reduce((a, b) => a * b);
  // Truncated, so that only probability 1 reads 100%.
  return Number.isNaN(share) ? "not a number" : `${text}, ${Math.floor(100 * share)}%`;
}

/** Show a button for each digit of a number, to look inside. */
function showSymbols() {
  $("symbols").hidden = reading.length < 2;
  const buttons = reading.map(({ text, image }, k) => {
    if (!image) return text;
    const button = make("button", { "aria-pressed": k === chosen }, text);
    button.addEventListener("click", () => {
      chosen = k;
      show();
      $("symbols").querySelector("[aria-pressed=true]").focus();
    });
    return button;
  });
  $("symbols").replaceChildren(...buttons);
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
const ours = { network, drawing, fromStrokes, find, breakDown, LAYERS, Sequential, show };
globalThis.digits = {
  ...ours,
  strokes: () => drawing.strokes,
  reading: () => reading,
  maps: () => maps,
};
