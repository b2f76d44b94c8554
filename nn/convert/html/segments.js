/**
 * Several digits in a drawing, divided and read in order as data/segments does it for pen strokes.
 * Odds are logarithms; blocks, pieces and boxes are those of lines.js.
 */

import { fromStrokes } from "./canvas.js";
import { limited, RADIUS } from "./drawing.js";
import { around, blocksOf, boxOf, digitHeight, heightOf, linesOf } from "./lines.js";
import { softplus } from "./network.js";

// A drawing (strokes.py).
const [ONE, MOST_STROKES, MOST_READ, CUT] = [3, 200, 100, 3];

// Signs (signs.py), relative to the height of the digits.
const [DOT, COMMA, LOW_DOT, BESIDE] = [0.28, [0.25, 0.42], 0.4, 0.5];
const [MINUS, FLAT, MINUS_PLACE] = [[0.2, 1.2], 0.4, [0.2, 0.8]];

// Scores (row.py): candidates, gaps, sizes, pairs, signs.
const [MOST_BLOCKS, WIDEST, LEAST] = [8, 1.7, 0.02];
const [DIGIT, TRUST, SURE, REST] = [2, 4.5, 0.47, 0.001];
const [ODDS_TOUCHING, ODDS_SLOPE, ODDS_MOST] = [0.5, 20, 7];
const [SMALL, SMALL_COST, LYING, LYING_COST, MOST_COST] = [0.7, 12, 1.5, 5, 12];
const [PAIR, PAIR_SLOPE, PAIR_MOST, BACK] = [1, 4.6, 2.8, 3];
const [SIGN_COST, SIGN_IN_DIGIT] = [0.7, 2.5];

const digitOf = (proba) => `${proba.indexOf(Math.max(...proba))}`;

/** Return the part of a candidate's score that its probabilities give: at most 0. */
function certainty(proba) {
  const best = Math.max(...proba);
  const rest = Math.max(1 - best, REST) / REST;
  return TRUST * Math.log(Math.max(best, LEAST)) - SURE * Math.log(rest);
}

/** Return lines of symbols { text, box, image, proba }; a sign has no image. `classify` reads one. */
export function find(strokes, classify) {
  const inked = strokes.filter((stroke) => stroke.length);
  if (!inked.length) return [];
  const image = fromStrokes(inked);
  const proba = classify(image);
  const boxes = inked.map(boxOf);
  const one = [[{ text: digitOf(proba), box: around(boxes), image, proba }]];
  if (inked.length > MOST_STROKES) return one;
  const written = linesOf(boxes).map((line) => blocksOf(inked, line));
  if (written.length === 1 && written[0].length === 1 && written[0][0].pieces.length === 1)
    return one;
  const heights = written.map((blocks) => digitHeight(blocks.map(({ box }) => heightOf(box))));
  const budget = { left: MOST_READ };
  const found = written.map((blocks, k) => read(blocks, heights[k], classify, budget));
  const many = found.map(({ line }) => line);
  const score = found.reduce((sum, line) => sum + line.score, 0);
  const isDot = ({ image, box }) => image && Math.max(box[2] - box[0], heightOf(box)) < RADIUS;
  const isSingle = many.flat().length < 2 || many.flat().some(isDot) || budget.left < 0;
  return isSingle || score <= asOne(written, heights, proba) + ONE ? one : many;
}

/** Return which blocks of a line are no digits: "-", "." or "" for a speck, by index. */
function signsOf(blocks, height) {
  const boxes = blocks.map(({ box }) => box);
  const [wide, high] = [boxes.map(([left, , right]) => right - left), boxes.map(heightOf)];
  const all = boxes.map((_, i) => i);
  const tall = all.filter((i) => high[i] >= height / 2);
  if (!tall.length || boxes.length < 2) return {};
  const middle = boxes.map(([left, , right]) => (left + right) / 2);
  const away = (i) => tall.map((k) => Math.abs(middle[i] - middle[k]));
  const nearest = (i) => tall[away(i).indexOf(Math.min(...away(i)))];
  const foot = all.map((i) => {
    const beside = tall.filter((_, k) => away(nearest(i))[k] <= BESIDE * height);
    return Math.max(...beside.map((k) => boxes[k][3]));
  });
  const isDot = (i) => Math.max(wide[i], high[i]) <= DOT * height;
  const isComma = (i) => wide[i] <= COMMA[0] * height && high[i] <= COMMA[1] * height;
  const free = all.filter((i) => !blocks[i].joined); // what touches is a part of a digit
  const found = Object.fromEntries(free.filter(isDot).map((i) => [i, ""]));
  const size = (i) => wide[i] * high[i] + wide[i] + high[i];
  const points = free.filter(
    (i) => (isDot(i) || isComma(i)) && boxes[i][1] >= foot[i] - LOW_DOT * height,
  );
  const inner = points.filter((i) => tall[0] < i && i < tall.at(-1));
  if (inner.length) found[inner.toSorted((a, b) => size(b) - size(a))[0]] = ".";
  const [left, top, right, low] = boxes[0];
  const at = 1 - (foot[0] - (top + low) / 2) / height;
  const within = (n, [least, most]) => least <= n && n <= most;
  const isFlat = within((right - left) / height, MINUS) && low - top <= FLAT * (right - left);
  const isFree = Math.min(...boxes.slice(1).map((box) => box[0])) >= right;
  if (isFlat && within(at, MINUS_PLACE) && isFree && free[0] === 0) found[0] = "-";
  return found;
}

/** Return the odds that two digits meet before each block; infinite at both ends. */
function gapOdds(blocks, height) {
  const odds = blocks.slice(1).map((_, k) => {
    const [before, after] = [blocks.slice(0, k + 1), blocks.slice(k + 1)].map((side) =>
      around(side.map(({ box }) => box)),
    );
    return limited(
      ODDS_TOUCHING + (ODDS_SLOPE * (after[0] - before[2])) / height,
      -ODDS_MOST,
      ODDS_MOST,
    );
  });
  return [Infinity, ...odds, Infinity];
}

/** Return minus the logarithm of the probability of size, gaps and time of blocks first to last. */
function cost(blocks, first, last, box, height, gaps) {
  const [wide, high] = [Math.max(box[2] - box[0], 1), Math.max(heightOf(box), 1)];
  const small = softplus(SMALL_COST * (SMALL - Math.max(0.7 * wide, high) / height));
  const lying = LYING_COST * Math.max(0, wide / Math.max(high, height / 4) - LYING);
  const inner = gaps.slice(first + 1, last + 1).reduce((sum, odds) => sum + softplus(odds), 0);
  const isWhole = first === 0 && last === blocks.length - 1;
  const isPair = isWhole || (last === first && blocks[first].pieces.length > 1);
  const pair = isPair ? limited(PAIR_SLOPE * (wide / high - PAIR), 0, PAIR_MOST) : 0;
  const back = BACK * returns(blocks, first, last);
  return Math.min(small + lying, MOST_COST) + inner + pair + back - DIGIT;
}

/** Return how often the writer came back to blocks first to last after writing others. */
function returns(blocks, first, last) {
  const turns = blocks.slice(first, last + 1).map(({ turn }) => turn);
  const inOrder = turns.toSorted((a, b) => a - b);
  const isBetween = (a, b) => blocks.some(({ turn }) => a < turn && turn < b);
  return inOrder.filter((turn, k) => k > 0 && isBetween(inOrder[k - 1], turn)).length;
}

/** Divide a line of writing into digits and signs: the best path through its candidates. */
function read(blocks, height, classify, budget) {
  const starts = [0]; // the first piece of each block, and the end
  for (const { pieces } of blocks) starts.push(starts.at(-1) + pieces.length);
  const pieces = blocks.flatMap((each) => each.pieces);
  const blockOf = blocks.flatMap((each, k) => each.pieces.map(() => k));
  const boxes = pieces.map(boxOf);
  const gaps = gapOdds(blocks, height);
  const found = signsOf(blocks, height);
  const signs = Object.keys(found).map((k) => ({
    i: starts[k],
    j: starts[+k + 1],
    text: found[k],
  }));
  const runs = [];
  for (let i = 0; i < pieces.length; i++) {
    let box = boxes[i];
    for (let j = i + 1; j <= pieces.length; j++) {
      const [first, last] = [blockOf[i], blockOf[j - 1]];
      if (last - first >= MOST_BLOCKS) break;
      box = around([box, boxes[j - 1]]);
      const isBlock = i === starts[first] && j === starts[first + 1];
      if (box[2] - box[0] > WIDEST * height && !isBlock) continue;
      const inside = signs.filter((sign) => i <= sign.i && sign.j <= j);
      const sign = isBlock ? inside[0]?.text : undefined;
      const own = -cost(blocks, first, last, box, height, gaps) - SIGN_IN_DIGIT * inside.length;
      runs.push({ i, j, box, sign, score: sign === undefined ? own : -SIGN_COST });
    }
  }
  const split = blockOf.map((k, i) => softplus(i === starts[k] ? -gaps[k] : CUT));
  while (true) {
    const { score, path } = bestPath(pieces.length, runs, split);
    const unread = path.filter((run) => run.sign === undefined && !run.proba);
    budget.left -= unread.length;
    if (!unread.length || budget.left < 0) {
      for (const run of path) run.text = run.sign ?? digitOf(run.proba ?? []);
      return { score, line: path.filter((run) => run.text) };
    }
    for (const run of unread) {
      run.image = fromStrokes(pieces.slice(run.i, run.j));
      run.proba = classify(run.image);
      run.score += certainty(run.proba);
    }
  }
}

function bestPath(n, runs, split) {
  const total = [0, ...Array(n).fill(-Infinity)];
  const came = [];
  for (const run of runs) {
    const score = total[run.i] + run.score - split[run.i];
    if (score > total[run.j]) [total[run.j], came[run.j]] = [score, run];
  }
  const path = [];
  for (let j = n; j > 0; j = came[j].i) path.unshift(came[j]);
  return { score: total[n], path };
}

/** Return the score of all that is written as one digit. */
function asOne(written, heights, proba) {
  const blocks = written.flat().toSorted((a, b) => a.box[0] - b.box[0]);
  const [box, height] = [around(blocks.map(({ box }) => box)), Math.max(...heights)];
  const gaps = gapOdds(blocks, height);
  const ends = written.map((line) => around(line.map(({ box }) => box)));
  const between = ends.slice(1).map(([, head], k) => {
    const high = Math.max(heights[k], heights[k + 1]);
    return softplus(Math.min(ODDS_TOUCHING + (ODDS_SLOPE * (head - ends[k][3])) / high, ODDS_MOST));
  });
  const apart = between.reduce((sum, n) => sum + n, 0);
  return certainty(proba) - cost(blocks, 0, blocks.length - 1, box, height, gaps) - apart;
}
