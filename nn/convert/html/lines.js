/**
 * The strokes of a drawing as lines of writing, as data/segments does it. A block is a stroke with
 * its pieces: the stroke itself, or the parts into which a wide one is cut. A box is [left, top,
 * right, bottom].
 */

import { mix } from "./drawing.js";

// Lines (lines.py): heights that count, overlap, nearness, low lines.
const [TALL, OVERLAP, NEAR, LOW_LINE] = [0.7, 0.4, 0.15, 0.45];

// A stroke that may be two digits (strokes.py): width over height, steps, nearness, pieces.
const [WIDE, CUT_STEP, JOINED, NARROW] = [1.1, 0.04, 0.1, 0.12];

export const around = (boxes) =>
  boxes.reduce((a, b) => a.map((n, k) => (k < 2 ? Math.min(n, b[k]) : Math.max(n, b[k]))));
export const boxOf = (stroke) => around(stroke.map(([x, y]) => [x, y, x, y]));
export const heightOf = ([, top, , low]) => low - top;

/** Return the height of the digits of a line: the median of what is not small. */
export function digitHeight(heights) {
  const least = TALL * Math.max(...heights);
  return Math.max(median(heights.filter((height) => height >= least)), 1);
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Group boxes into lines from top to bottom, each from left to right; return their indices. */
export function linesOf(boxes) {
  const high = boxes.map((box) => Math.max(heightOf(box), 1));
  const middle = boxes.map(([left, , right]) => (left + right) / 2);
  const shared = (a, b) => Math.min(boxes[a][3], boxes[b][3]) - Math.max(boxes[a][1], boxes[b][1]);
  const all = boxes.map((_, i) => i);
  const links = all.flatMap((a) => {
    const touching = all.filter((b) => {
      const gap = Math.max(boxes[a][0], boxes[b][0]) - Math.min(boxes[a][2], boxes[b][2]);
      return gap <= 0 && shared(a, b) >= -NEAR * Math.max(high[a], high[b]);
    });
    const nearest = [1, -1].flatMap((side) => {
      const away = (b) => side * (middle[b] - middle[a]);
      const beside = all.filter(
        (b) =>
          away(b) > 0 &&
          shared(a, b) > OVERLAP * Math.min(high[a], high[b]) &&
          high[b] >= LOW_LINE * high[a],
      );
      return beside.toSorted((b, c) => away(b) - away(c)).slice(0, 1);
    });
    return [...touching, ...nearest].map((b) => [a, b]);
  });
  const root = [...all];
  for (const _ of all) {
    for (const [a, b] of links) root[a] = root[b] = Math.min(root[a], root[b]);
  }
  const groups = all.map((r) => all.filter((i) => root[i] === r)).filter((group) => group.length);
  const tall = groups.map((group) => Math.max(...group.map((i) => heightOf(boxes[i]))));
  const wanted = Math.min(LOW_LINE * digitHeight(tall), Math.max(...tall));
  const lines = groups.filter((_, k) => tall[k] >= wanted);
  for (const group of groups.filter((_, k) => tall[k] < wanted)) {
    const y = group.reduce((sum, i) => sum + boxes[i][1] + boxes[i][3], 0) / (2 * group.length);
    const away = lines.map((line) => {
      const [, top, , low] = around(line.map((i) => boxes[i]));
      return Math.max(top - y, y - low, 0);
    });
    lines[away.indexOf(Math.min(...away))].push(...group);
  }
  const level = (line) => median(line.map((i) => (boxes[i][1] + boxes[i][3]) / 2));
  const across = (i) => boxes[i][0] + boxes[i][2];
  const ordered = lines.toSorted((a, b) => level(a) - level(b));
  return ordered.map((line) => line.toSorted((a, b) => across(a) - across(b)));
}

/** Return the strokes of a line, given by their indices from left to right, as blocks. */
export function blocksOf(drawing, line) {
  const strokes = line.map((i) => drawing[i]);
  const height = digitHeight(strokes.map((stroke) => heightOf(boxOf(stroke))));
  return strokes.map((stroke, k) => {
    const pieces = cut(stroke, height);
    const joined = strokes.some((other, i) => i !== k && touches(stroke, other, JOINED * height));
    return { pieces, box: around(pieces.map(boxOf)), joined, turn: line[k] };
  });
}

/** Return whether two strokes come as near to each other as `near` pixels. */
function touches(a, b, near) {
  const [p, q] = [boxOf(a), boxOf(b)];
  if (Math.max(q[0] - p[2], p[0] - q[2], q[1] - p[3], p[1] - q[3]) > near) return false;
  const points = resampled(b, near);
  return resampled(a, near).some(([x, y]) =>
    points.some(([u, v]) => Math.hypot(x - u, y - v) <= near),
  );
}

/** Cut a wide stroke where it passes from left to right and does not come back. */
function cut(stroke, height) {
  const [left, , right] = boxOf(stroke);
  if (right - left <= WIDE * height) return [stroke];
  const points = resampled(stroke, CUT_STEP * height);
  if (points.at(-1)[0] < points[0][0]) points.reverse();
  const [x, least] = [points.map(([x]) => x), NARROW * height];
  const before = x.map((_, i) => Math.max(...x.slice(0, i + 1)));
  const after = x.map((_, i) => Math.min(...x.slice(i)));
  const once = (i) =>
    x[i] >= before[i] && x[i] <= after[i] && x[i] - left >= least && right - x[i] >= least;
  const places = [0];
  for (let first = 0; first < x.length; first++) {
    if (!once(first)) continue;
    let last = first;
    while (last + 1 < x.length && once(last + 1)) last++;
    const middle = Math.floor((first + last) / 2);
    for (const place of x[last] - x[first] > 2 * least ? [first, middle, last] : [middle]) {
      if (places.length === 1 || x[place] - before[places.at(-1)] >= least) places.push(place);
    }
    first = last;
  }
  return places.map((place, k) => points.slice(place, (places[k + 1] ?? points.length - 1) + 1));
}

/** Return the points of a stroke and points between them, at most `step` pixels apart. */
function resampled(stroke, step) {
  if (stroke.length < 2) return stroke;
  const along = [0];
  for (let i = 1; i < stroke.length; i++) {
    along.push(
      along[i - 1] + Math.hypot(stroke[i][0] - stroke[i - 1][0], stroke[i][1] - stroke[i - 1][1]),
    );
  }
  const steps = Array.from({ length: Math.ceil(along.at(-1) / step) }, (_, k) => k * step);
  const where = [...new Set([...along, ...steps])].sort((a, b) => a - b);
  let i = 0;
  return where.map((at) => {
    while (i < along.length - 2 && along[i + 1] <= at) i++;
    const share = (at - along[i]) / (along[i + 1] - along[i]);
    return at === along[i + 1] ? stroke[i + 1] : mix(stroke[i], stroke[i + 1], share);
  });
}
