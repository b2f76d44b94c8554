/** The arithmetic behind one number of a layer's output, as nn/explain/breakdown writes it out. */

import { counted, groupOf, LAYERS, origin, positionOf, taps } from "./network.js";

const LARGEST = 10; // terms listed one by one; the others are summed into one
const DIGITS = 5; // significant digits shown of the largest number

/**
 * Return the arithmetic behind number i of a layer's output: its `rule`; `notes`, other numbers by
 * name; `terms` of a sum, each [name, value, factors]; `grids` of the window, each [title, numbers];
 * the `winner` among them; of a softmax the term that is its `share` of the sum.
 */
export function breakDown(layer, x, i) {
  const { type, config, to } = layer;
  const c = i % to.at(-1);
  if (/Conv2D/.test(type)) return convolved(layer, x, i, c);
  if (/Pool2D/.test(type)) return pooled(layer, x, i, c);
  if (type in BREAKDOWNS) return BREAKDOWNS[type](layer, x, i, c);
  const short = (_, name) => (config[name] === null ? "no limit" : +config[name].toPrecision(4));
  const { equation } = LAYERS[type];
  if (equation)
    return { rule: `out = ${equation.replace(/\{(\w+)\}/g, short)}`, notes: { x: x[i] } };
  const place = origin(layer, i);
  const at = positionOf(layer.from, place).join(", ");
  return { rule: place < 0 ? "out = 0: it is in the frame" : `out = x at (${at})` };
}

const plusBias = ({ b }) => (b ? " + bias" : "");

const BREAKDOWNS = {
  Dense(layer, x, _, o) {
    const factors = Array.from(x, (value, k) => [value, layer.w[k * layer.to[0] + o]]);
    const names = factors.map((_, k) => `input ${k}`);
    const terms = largest(names, factors, "inputs", layer.b?.[o]);
    return { rule: `out = sum of input x weight${plusBias(layer)}`, terms };
  },
  BatchNorm({ config, gamma, beta, mean, var: variance }, x, i, c) {
    const std = Math.sqrt(variance[c] + config.eps);
    const hat = (x[i] - mean[c]) / std;
    const first = { x: x[i], mean: mean[c], "std = sqrt(var + eps)": std };
    const notes = { ...first, "x_hat = (x - mean) / std": hat, gamma: gamma[c] };
    const product = ["gamma * x_hat", gamma[c] * hat, [gamma[c], hat]];
    return { rule: "out = gamma * x_hat + beta", notes, terms: [product, ["beta", beta[c]]] };
  },
  Normalization({ mean, var: variance }, x, i, c) {
    const deviation = Math.max(Math.sqrt(variance[c]), 1e-7);
    return { rule: "out = (x - mean) / deviation", notes: { x: x[i], mean: mean[c], deviation } };
  },
  PReLU({ alpha }, x, i) {
    const rule = "out = x if x > 0, else alpha * x, with a trained alpha";
    return { rule, notes: { x: x[i], alpha: alpha[i] } };
  },
  Rescaling({ config: { scale, offset } }, x, i) {
    const terms = [
      ["scale * x", scale * x[i], [scale, x[i]]],
      ["offset", offset],
    ];
    return { rule: "out = scale * x + offset", terms };
  },
  Softmax(_, x, i) {
    const top = Math.max(...x);
    const terms = Array.from(x, (value, k) => [`exp(x[${k}] - max)`, Math.exp(value - top)]);
    const notes = Object.fromEntries([...Array.from(x, (n, k) => [`x[${k}]`, n]), ["max", top]]);
    return { rule: `out = exp(x[${i}] - max) / sum of all exp(x - max)`, notes, terms, share: i };
  },
};

/** Return the taps of the window behind number i of an output. */
function seenBy(layer, i) {
  const [p, q] = layer.to.length === 3 ? positionOf(layer.to, i) : [0, 0];
  return taps(layer, p, q);
}

function convolved(layer, x, i, o) {
  const { from, to, w, b, window } = layer;
  const [inputs, outputs] = groupOf(layer);
  const first = Math.floor(o / outputs) * inputs;
  const channels = Array.from({ length: inputs }, (_, c) => {
    const patch = Array(window.kernel[0] * window.kernel[1]).fill(0);
    for (const [tap, pixel] of seenBy(layer, i)) patch[tap] = x[pixel * from[2] + first + c];
    const kernel = patch.map((_, tap) => w[(tap * inputs + c) * to[2] + o]);
    return [patch, kernel, patch.map((value, tap) => value * kernel[tap])];
  });
  const sums = channels.map(([, , products]) => [products.reduce((a, n) => a + n)]);
  const names = sums.map((_, c) => `input channel ${first + c}`);
  const terms = largest(names, sums, "channels", b?.[o]);
  const shown = names.indexOf(terms[0][0]); // the channel with the largest sum
  const titles = [`patch, channel ${first + shown}`, "x kernel", "= products"];
  const grids = titles.map((title, k) => [title, channels[shown][k]]);
  return { rule: `out = sum of patch x kernel${plusBias(layer)}`, terms, grids };
}

function pooled(layer, x, i, c) {
  const patch = Array(layer.window.kernel[0] * layer.window.kernel[1]).fill(null);
  for (const [tap, pixel] of seenBy(layer, i)) patch[tap] = x[pixel * layer.from[2] + c];
  const values = patch.filter((value) => value !== null);
  if (/Max/.test(layer.type)) {
    const grids = [["the window, its maximum framed", patch]];
    return {
      rule: "out = the largest of the window",
      grids,
      winner: patch.indexOf(Math.max(...values)),
    };
  }
  const n = counted(layer, values);
  const terms = [["the window", values.reduce((a, value) => a + value / n, 0)]];
  const rule = `out = mean of the window: each of its ${n} values times 1/${n}`;
  return { rule, terms, grids: [["the window", patch]] };
}

/** Return a sum of products in few terms: the largest, all others as one, and the bias. */
function largest(names, factors, others, bias) {
  const values = factors.map((pair) => pair.reduce((a, b) => a * b));
  const order = [...values.keys()].sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]));
  const terms = order.slice(0, LARGEST).map((k) => [names[k], values[k], factors[k]]);
  const rest = order.slice(LARGEST).reduce((sum, k) => sum + values[k], 0);
  if (order.length > LARGEST) terms.push([`${order.length - LARGEST} other ${others}`, rest]);
  return bias === undefined ? terms : [...terms, ["bias", bias]];
}

/** Return how many digits after the point show the largest number with DIGITS digits. */
export function decimalsFor(...numbers) {
  const most = Math.max(...numbers.map(Math.abs));
  return most ? Math.max(DIGITS - 1 - Math.floor(Math.log10(most)), 0) : DIGITS - 1;
}

/** Return a number as text with so many digits after the point. */
export const inText = (n, decimals) => (Number.isFinite(n) ? n.toFixed(decimals) : String(n));

/** Round terms so that they add up to the rounded total, by the method of the largest remainder. */
export function addUp(terms, total, decimals) {
  const exact = terms.map((term) => term * 10 ** decimals);
  const shown = exact.map(Math.round);
  const missing = Math.round(total * 10 ** decimals) - shown.reduce((a, b) => a + b, 0);
  const error = (k) => Math.sign(missing) * (exact[k] - shown[k]);
  const order = [...exact.keys()].filter((k) => exact[k]).sort((a, b) => error(b) - error(a));
  for (const k of order.slice(0, Math.abs(missing))) shown[k] += Math.sign(missing);
  return shown.map((n) => (n / 10 ** decimals + 0).toFixed(decimals));
}
