/**
 * The network of nn/layers, at inference, for one image at a time.
 *
 * Arrays are flat and row by row: x[(row * W + column) * C + c] is a number of a map [H, W, C]. A
 * layer has `from` and `to`, the shapes of its input and output, the constructor's `config`, its
 * arrays (w, b, gamma, beta, mean, var, alpha) and, if it slides one over the image, a `window`.
 */

/** Return [tap, pixel] for each tap (i * KW + j) of the window at (p, q) that is in the image. */
export function taps({ from: [H, W], window: { kernel, stride, dilation, pad } }, p, q) {
  const found = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const row = p * stride[0] + i * dilation[0] - pad[0];
      const column = q * stride[1] + j * dilation[1] - pad[1];
      const inside = row >= 0 && row < H && column >= 0 && column < W;
      if (inside) found.push([i * kernel[1] + j, row * W + column]);
    }
  }
  return found;
}

/** Return how many channels, input and output, belong together in a convolution. */
export function groupOf({ type, config, from, to }) {
  const groups = type === "DepthwiseConv2D" ? from[2] : (config.groups ?? 1);
  return [from[2] / groups, to[2] / groups];
}

/** out[o] += sum over k of row[k] * w[k, o], for o from first on; w has OC columns. */
function addProduct(out, row, w, OC, first = 0) {
  let k = 0;
  for (; k + 3 < row.length; k += 4) {
    const [r, s, t, u] = row.subarray(k, k + 4); // four at a time: out is read and written less
    const i = k * OC + first;
    for (let o = 0; o < out.length; o++) {
      const j = i + o;
      out[o] += r * w[j] + s * w[j + OC] + t * w[j + 2 * OC] + u * w[j + 3 * OC];
    }
  }
  for (; k < row.length; k++) {
    for (let o = 0; o < out.length; o++) out[o] += row[k] * w[k * OC + first + o];
  }
}

/** out[p, q, o] = b[o] + sum over i, j, c of x[p * SH + i, q * SW + j, c] * w[i, j, c, o] */
function convolution(layer, x, out) {
  const { from, to, w, b, window } = layer;
  const [C, [OH, OW, OC]] = [from[2], to];
  const [inputs, outputs] = groupOf(layer);
  const sums = new Float64Array(OC); // more exact than float32
  for (let p = 0; p < OH; p++) {
    for (let q = 0; q < OW; q++) {
      const seen = taps(layer, p, q);
      sums.set(b ?? new Float64Array(OC));
      for (let g = 0; g * inputs < C; g++) {
        const row = new Float32Array(window.kernel[0] * window.kernel[1] * inputs); // of im2col
        for (const [tap, pixel] of seen) {
          for (let c = 0; c < inputs; c++) row[tap * inputs + c] = x[pixel * C + g * inputs + c];
        }
        const first = g * outputs;
        addProduct(sums.subarray(first, first + outputs), row, w, OC, first);
      }
      out.set(sums, (p * OW + q) * OC);
    }
  }
}

/** out[o] = b[o] + sum over i of x[i] * w[i, o] */
function dense({ to: [OUT], w, b }, x, out) {
  const sums = Float64Array.from(b ?? Array(OUT).fill(0));
  addProduct(sums, x, w, OUT);
  out.set(sums);
}

/** Reduce each window to one number, channel by channel. Of a global pool it is the whole map. */
const pool = (reduce) => (layer, x, out) => {
  const C = layer.to.at(-1);
  const [OH, OW] = layer.to.length === 3 ? layer.to : [1, 1];
  for (let p = 0; p < OH; p++) {
    for (let q = 0; q < OW; q++) {
      const seen = taps(layer, p, q);
      for (let c = 0; c < C; c++) {
        const values = seen.map(([, pixel]) => x[pixel * C + c]);
        out[(p * OW + q) * C + c] = reduce(values, layer);
      }
    }
  }
};
const max = pool((values) => Math.max(...values));
const mean = pool((values, layer) => values.reduce((a, b) => a + b) / counted(layer, values));

/** Return the number of values in the mean of a window; with count_pad the padding is counted. */
export function counted({ config, window: { kernel } }, values) {
  return config.count_pad ? kernel[0] * kernel[1] : values.length;
}

/** out = gamma * (x - mean) / sqrt(var + eps) + beta */
function batchNorm({ config: { eps }, gamma, beta, mean, var: variance }, x, out) {
  const [C, std] = [gamma.length, variance.map((value) => Math.sqrt(value + eps))];
  for (let i = 0, c = 0; i < x.length; i++, c = i % C) {
    out[i] = gamma[c] * ((x[i] - mean[c]) / std[c]) + beta[c];
  }
}

/** out = (x - mean) / max(sqrt(var), 1e-7) */
function normalization({ mean, var: variance }, x, out) {
  const [C, deviation] = [mean.length, variance.map((value) => Math.max(Math.sqrt(value), 1e-7))];
  for (let i = 0, c = 0; i < x.length; i++, c = i % C) out[i] = (x[i] - mean[c]) / deviation[c];
}

/** out = exp(x) / sum(exp(x)); the largest x is subtracted first, so that exp cannot overflow. */
function softmax(_layer, x, out) {
  const powers = Array.from(x, (value) => Math.exp(value - Math.max(...x)));
  const sum = powers.reduce((a, b) => a + b);
  out.set(powers.map((power) => power / sum));
}

/** out = x where x > 0, alpha * x elsewhere; there is an alpha for each x. */
function prelu({ alpha }, x, out) {
  for (let i = 0; i < x.length; i++) out[i] = x[i] > 0 ? x[i] : alpha[i] * x[i];
}

/** Return the position [row, column, channel], or [k], of number i of an array. */
export function positionOf(shape, i) {
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  return shape.length ? [Math.floor(i / size), ...positionOf(shape.slice(1), i % size)] : [];
}

/** Return which number of the input becomes number i of the output; -1 for the frame of zeros. */
export function origin({ config, window, from, to }, i) {
  const place = positionOf(to, i);
  if (window) for (const axis of [0, 1]) place[axis] -= window.pad[axis];
  else for (const [k, n] of positionOf(to, i).entries()) place[config.axes[k] - 1] = n;
  const inside = place.every((n, axis) => n >= 0 && n < from[axis]);
  return inside ? place.reduce((index, n, axis) => index * from[axis] + n, 0) : -1;
}

function move(layer, x, out) {
  for (let i = 0; i < out.length; i++) out[i] = x[origin(layer, i)] ?? 0;
}

/** Return a layer that computes f, made from its config, of each number; the equation is shown. */
function each(equation, make) {
  const layer = ({ config }, x, out) => {
    const f = make(config);
    for (let i = 0; i < x.length; i++) out[i] = f(x[i]);
  };
  return Object.assign(layer, { equation });
}
const inTraining = each("x: it does something in training only", () => (x) => x);
const reshape = each("x: only the shape changes", () => (x) => x);

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
export const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clip = (x, low, high) => Math.min(Math.max(x, low ?? -Infinity), high ?? Infinity);
const selu = (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x));

/** The error function: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26. */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const terms = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  const sum = terms.reduceRight((rest, term) => (rest + term) * t, 0);
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

const gelu = ({ approximate }) =>
  approximate
    ? (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2
    : (x) => (x * (1 + erf(x / Math.SQRT2))) / 2;

/** What each layer does: it reads x and fills out, which is 0. */
export const LAYERS = {
  Conv2D: convolution,
  GroupedConv2D: convolution,
  DepthwiseConv2D: convolution,
  Dense: dense,
  MaxPool2D: max,
  AvgPool2D: mean,
  GlobalMaxPool2D: max,
  GlobalAvgPool2D: mean,
  BatchNorm: batchNorm,
  Normalization: normalization,
  Softmax: softmax,
  PReLU: prelu,
  ReLU: each("max(x, 0)", () => (x) => Math.max(x, 0)),
  LeakyReLU: each(
    "x if x > 0, else {slope} * x",
    ({ slope }) =>
      (x) =>
        x > 0 ? x : slope * x,
  ),
  ELU: each(
    "x if x > 0, else {alpha} * (exp(x) - 1)",
    ({ alpha }) =>
      (x) =>
        x > 0 ? x : alpha * Math.expm1(x),
  ),
  SELU: each("1.0507 * x if x > 0, else 1.7581 * (exp(x) - 1)", () => selu),
  GELU: each("x * P(X < x), X a normal variable", gelu),
  Swish: each("x / (1 + exp(-x))", () => (x) => x * sigmoid(x)),
  Mish: each("x * tanh(log(1 + exp(x)))", () => (x) => x * Math.tanh(softplus(x))),
  Sigmoid: each("1 / (1 + exp(-x))", () => sigmoid),
  HardSigmoid: each(
    "{slope} * x + {offset}, limited to 0 ... 1",
    (line) => (x) => clip(line.slope * x + line.offset, 0, 1),
  ),
  HardSwish: each("x * min(max(x + 3, 0), 6) / 6", () => (x) => (x * clip(x + 3, 0, 6)) / 6),
  Tanh: each("tanh(x)", () => Math.tanh),
  Softplus: each("log(1 + exp(x))", () => softplus),
  Softsign: each("x / (1 + |x|)", () => (x) => x / (1 + Math.abs(x))),
  Clip: each(
    "x, limited to {low} ... {high}",
    ({ low, high }) =>
      (x) =>
        clip(x, low, high),
  ),
  Rescaling: each(
    "scale * x + offset",
    ({ scale, offset }) =>
      (x) =>
        scale * x + offset,
  ),
  Permute: move,
  ZeroPad2D: move,
  Crop2D: move,
  Flatten: reshape,
  Reshape: reshape,
  Dropout: inTraining,
  SpatialDropout2D: inTraining,
  GaussianNoise: inTraining,
};

/** A network: what python -m nn.convert.html wrote of its layers, and their arrays as base64. */
export class Sequential {
  constructor({ layers, precision, weights }) {
    const bytes = Uint8Array.from(atob(weights), (character) => character.charCodeAt(0)).buffer;
    const isHalf = precision === "float16";
    const numbers = isHalf ? fromHalf(new Uint16Array(bytes)) : new Float32Array(bytes);
    let start = 0;
    this.layers = layers.map(({ arrays, ...layer }) => {
      for (const [name, size] of arrays) {
        layer[name] = numbers.subarray(start, start + size);
        start += size;
      }
      return layer;
    });
  }

  /** Return the input and the output of every layer. */
  maps(x) {
    const maps = [x];
    for (const layer of this.layers) {
      const out = new Float32Array(layer.to.reduce((a, b) => a * b));
      LAYERS[layer.type](layer, maps.at(-1), out);
      maps.push(out);
    }
    return maps;
  }
}

/** Return float16 numbers, given by their bits, as float32. */
function fromHalf(bits) {
  return Float32Array.from(bits, (half) => {
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    const size = exponent ? 2 ** (exponent - 25) * (1024 + fraction) : fraction / 2 ** 24;
    return half >> 15 ? -size : size;
  });
}
