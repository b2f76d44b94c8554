/** One number spelled out: patch, kernel and products, and the sum. */

import { addUp, breakDown, decimalsFor, inText } from "./breakdown.js";
import { make } from "./maps.js";
import { positionOf } from "./network.js";

const SHARE = 6; // digits after the point of a probability
const LOGIT = 4; // the same of a logit

/** Return elements that show number i of entry `index` of the maps, with its ReLU if it has one. */
export function arithmetic(layers, maps, index, i) {
  const isSum = (k) => /Conv2D|Dense/.test(layers[k - 1]?.type);
  const isReLU = (k) => layers[k - 1]?.type === "ReLU";
  const first = isReLU(index) && isSum(index - 1) ? index - 1 : index;
  const shown = isSum(first) && isReLU(first + 1) ? [first, first + 1] : [index];
  return shown.flatMap((k) => (k ? ofLayer(k - 1, layers[k - 1], maps, i) : ["Ink, from 0 to 1."]));
}

function ofLayer(number, layer, maps, i) {
  const out = maps[number + 1][i];
  const found = { notes: {}, terms: [], grids: [], ...breakDown(layer, maps[number], i) };
  const values = found.terms.map(([, value]) => value);
  const isShare = "share" in found; // of a softmax: out is a term over the sum
  const total = isShare ? values.reduce((a, b) => a + b) : out;
  const decimals = isShare ? SHARE + 3 : decimalsFor(out, ...values);
  const show = (n, digits = decimals) => (n === null ? "padding" : inText(n, digits));
  const terms = addUp(values, total, decimals);
  const rows = Object.entries(found.notes).map(([name, n]) => [
    name,
    "",
    show(n, isShare ? LOGIT : decimals),
  ]);
  for (const [k, [name, , factors]] of found.terms.entries()) {
    rows.push([name, factors?.length > 1 ? factors.map((n) => show(n)).join(" × ") : "", terms[k]]);
  }
  if (isShare) rows.push(["sum", "", show(total)]);
  const quotient = isShare ? ` = ${terms[found.share]} / ${show(total)}` : "";
  rows.push([`out${quotient}`, "", show(out, isShare ? SHARE : decimals)]);
  const at = positionOf(layer.to, i).join(", ");
  const grids = found.grids.map(([title, numbers]) => {
    const cells = numbers.map((n, k) => cell(show(n), k === found.winner ? "winner" : ""));
    const wide = layer.window.kernel[1];
    const lines = cells.flatMap((_, k) => (k % wide ? [] : [cells.slice(k, k + wide)]));
    return table(lines, make("caption", {}, title));
  });
  const heading = make("h3", {}, `layer ${number} ${layer.type} at (${at})`);
  const cells = rows.map((row) => row.map((text, k) => cell(text, "", k ? "td" : "th")));
  return [
    heading,
    make("p", {}, found.rule),
    make("div", { class: "grids" }, ...grids),
    table(cells),
  ];
}

const cell = (text, kind, tag = "td") => make(tag, { class: kind }, text);

function table(rows, ...before) {
  return make("table", {}, ...before, ...rows.map((cells) => make("tr", {}, ...cells)));
}
