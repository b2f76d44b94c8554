/**
 * Pen strokes drawn as an MNIST digit, as data/canvas.py does it and to the same numbers: float32
 * where NumPy computes in float32, sums in NumPy's order.
 */

// An MNIST image. Lengths are in its pixels.
const FIELD = 28; // side of the image
const BOX = 20; // longer side of the digit in it
const MIDDLE = 14; // row and column, from 0, of the centre of mass
const LINE_WIDTH = 2.2; // a little less than MNIST's median, as in data/canvas.py
const LINE_EDGE = 1.3; // distance over which a line fades from ink to paper
const STEP = 0.4; // distance between the points of a redrawn stroke

const f = Math.fround;

/** Return strokes, lists of [x, y] in pixels, as an image [28, 28]: paper is 0, ink is 1. */
export function fromStrokes(strokes) {
  const drawn = strokes.filter((stroke) => stroke.length);
  if (!drawn.length) return new Float32Array(FIELD * FIELD);
  return centre(draw(fit(drawn).map(thinOut)));
}

/** Move and scale strokes so that lines LINE_WIDTH wide just fit the box. */
function fit(strokes) {
  const [low, high] = [Math.min, Math.max].map((most) =>
    [0, 1].map((axis) =>
      strokes.flat().reduce((found, point) => most(found, point[axis]), strokes[0][0][axis]),
    ),
  );
  const extent = Math.max(high[0] - low[0], high[1] - low[1]);
  const room = BOX - LINE_WIDTH - (LINE_EDGE - 1); // the fading edge reaches beyond the line
  const scale = extent > 0 ? room / extent : 1;
  return strokes.map((stroke) =>
    stroke.map((point) => point.map((n, k) => (n - (low[k] + high[k]) / 2) * scale + BOX / 2)),
  );
}

/** Keep one point about every STEP pixels along a stroke, and both ends. */
function thinOut(stroke) {
  let along = 0;
  let before = -1;
  const kept = stroke.filter(([x, y], i) => {
    if (i > 0) along += Math.hypot(x - stroke[i - 1][0], y - stroke[i - 1][1]);
    const step = Math.floor(along / STEP);
    const keep = step > before || i === stroke.length - 1;
    before = step;
    return keep;
  });
  return kept.length > 1 ? kept : [kept[0], kept[0]];
}

/** Draw strokes with a round pen: ink is clip((width / 2 - d) / edge + 1 / 2, 0, 1) at distance d. */
function draw(strokes) {
  const nearest = new Float32Array(BOX * BOX).fill(Infinity); // squared distances
  for (const stroke of strokes) {
    for (let k = 1; k < stroke.length; k++) {
      const [ax, ay, bx, by] = [...stroke[k - 1], ...stroke[k]].map(f);
      const dx = f(bx - ax);
      const dy = f(by - ay);
      const length = Math.max(f(f(dx * dx) + f(dy * dy)), f(1e-12));
      for (let i = 0; i < nearest.length; i++) {
        const px = f((i % BOX) + 0.5 - ax);
        const py = f(Math.floor(i / BOX) + 0.5 - ay);
        const share = f(f(f(px * dx) + f(py * dy)) / length);
        const along = Math.min(Math.max(share, 0), 1);
        const x = f(px - f(along * dx));
        const y = f(py - f(along * dy));
        nearest[i] = Math.min(nearest[i], f(f(x * x) + f(y * y)));
      }
    }
  }
  return nearest.map((square) => {
    const ink = f(f(f(f(LINE_WIDTH / 2) - f(Math.sqrt(square))) / f(LINE_EDGE)) + 0.5);
    return Math.min(Math.max(ink, 0), 1);
  });
}

/** Place a digit of BOX by BOX on an empty image with its centre of mass in the middle. */
function centre(digit) {
  const mass = pairwise(digit);
  const rows = Array.from({ length: BOX }, (_, i) =>
    pairwise(digit.subarray(i * BOX, (i + 1) * BOX)),
  );
  const columns = new Float32Array(BOX);
  for (let i = 0; i < digit.length; i++) columns[i % BOX] += digit[i];
  const [top, left] = [rows, columns].map((sums) => {
    const middle = sums.reduce((total, n, i) => total + i * n, 0) / mass;
    return Math.min(Math.max(roundHalfEven(MIDDLE - middle), 0), FIELD - BOX);
  });
  const field = new Float32Array(FIELD * FIELD);
  for (let i = 0; i < BOX; i++) {
    field.set(digit.subarray(i * BOX, (i + 1) * BOX), (top + i) * FIELD + left);
  }
  return field;
}

/** Sum float32 numbers in pairs, as NumPy does, so that a digit goes to the same place. */
function pairwise(numbers) {
  const n = numbers.length;
  if (n > 128) {
    const half = (n >> 1) - ((n >> 1) % 8);
    return f(pairwise(numbers.subarray(0, half)) + pairwise(numbers.subarray(half)));
  }
  const r = new Float32Array(8);
  const whole = n - (n % 8);
  for (let i = 0; i < whole; i++) r[i % 8] += numbers[i];
  let total = f(f(f(r[0] + r[1]) + f(r[2] + r[3])) + f(f(r[4] + r[5]) + f(r[6] + r[7])));
  for (let i = whole; i < n; i++) total = f(total + numbers[i]);
  return total;
}

function roundHalfEven(x) {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 ? down + 1 : down;
}
