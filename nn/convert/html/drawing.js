/** The canvas to draw on: mouse, pen and touch are pointers; arrow keys move a pen of their own. */

export const SIZE = 300; // side of the window's canvas, the unit of strokes
export const RADIUS = 8; // of the pen
const NUDGE = 6; // by which an arrow key moves the pen
export const ARROWS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Corners (x, y) of the strokes of sample digits on a grid of ten. */
export const SAMPLES = [
  "51 31 14 16 29 59 78 86 83 71 51",
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

export const limited = (n, low, high) => Math.min(Math.max(n, low), high);
export const mix = (a, b, t) => a.map((n, k) => n + t * (b[k] - n));

/** Return the strokes of a sample digit; its corners are cut twice, so that they look round. */
export function sample(digit) {
  const cut = (line) => {
    const cuts = line.slice(1).flatMap((b, k) => [mix(line[k], b, 0.25), mix(line[k], b, 0.75)]);
    return [line[0], ...cuts, line.at(-1)];
  };
  const lines = SAMPLES[digit].split(" | ").map((line) => line.split(" "));
  return lines.map((line) => cut(cut(line.map(([x, y]) => [40 + 24 * x, 30 + 26 * y]))));
}

/** Strokes, lists of [x, y] as the window keeps them, and the pens that add to them. */
export class Drawing {
  strokes = [];
  #pen = null; // the pointer that draws: its id, and its stroke once there is ink
  #keys = null; // the keyboard's pen: where it is at, and its stroke if it is down

  /** Call `changed` after new ink, and `ended` with a text at the end of a stroke or a command. */
  constructor(canvas, changed, ended) {
    Object.assign(this, { canvas, changed, ended });
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      addEventListener(end, (event) => this.#up(event));
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  replace(strokes) {
    this.#pen = this.#keys = null;
    this.strokes = strokes;
    this.ended("");
  }

  undo() {
    this.replace(this.strokes.slice(0, -1));
  }

  #down(event) {
    if (this.#pen || event.button) return;
    this.#pen = { id: event.pointerId, stroke: null };
    this.#move(event);
  }

  #move(event) {
    if (this.#pen?.id !== event.pointerId) return;
    const { canvas } = this;
    const box = canvas.getBoundingClientRect();
    const scale = SIZE / canvas.clientWidth;
    // Those since the last event; not every browser has them, and none over plain HTTP.
    const between = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of between.length ? between : [event]) {
      const at = [clientX - box.left - canvas.clientLeft, clientY - box.top - canvas.clientTop];
      this.#ink(this.#pen, mix([0, 0], at, scale));
    }
  }

  #up(event) {
    if (this.#pen?.id !== event.pointerId) return;
    this.#pen = null;
    this.ended("");
  }

  /** Move the keyboard's pen by an arrow key; put it down or lift it by the space bar. */
  #key(event) {
    if (!(event.key in ARROWS) && event.key !== " ") return;
    event.preventDefault();
    this.#keys ??= { at: [SIZE / 2, SIZE / 4], stroke: null };
    const [keys, [down, right]] = [this.#keys, ARROWS[event.key] ?? [0, 0]];
    const moved = [keys.at[0] + NUDGE * right, keys.at[1] + NUDGE * down];
    keys.at = moved.map((n) => limited(n, 0, SIZE));
    if (event.key === " " && keys.stroke) keys.stroke = null;
    else if (event.key === " " || keys.stroke) this.#ink(keys, keys.at);
    this.ended(`pen ${keys.stroke ? "down" : "up"} at ${keys.at.join(", ")}; `);
  }

  /** Add a point to the stroke of a pen. One whose ink would be out of sight ends it. */
  #ink(pen, at) {
    const inside = at.map((n) => limited(n, 0, SIZE));
    if (Math.hypot(at[0] - inside[0], at[1] - inside[1]) > RADIUS) {
      pen.stroke = null;
      return;
    }
    if (!pen.stroke) this.strokes.push([]);
    pen.stroke ??= this.strokes.at(-1);
    pen.stroke.push(inside);
    this.changed();
  }

  /** Paint the strokes, boxes [left, top, right, bottom] around digits, and the keyboard's pen. */
  paint({ ink, mark }, boxes) {
    const context = this.canvas.getContext("2d");
    const scale = this.canvas.width / SIZE;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, SIZE, SIZE);
    context.lineCap = context.lineJoin = "round";
    Object.assign(context, { lineWidth: 2 * RADIUS, strokeStyle: ink });
    for (const stroke of this.strokes) {
      context.beginPath();
      for (const point of [stroke[0], ...stroke]) context.lineTo(...point);
      context.stroke();
    }
    const [x, y] = this.#keys?.at ?? [];
    Object.assign(context, { lineWidth: 2, strokeStyle: mark });
    for (const [left, top, right, bottom] of this.#keys ? [...boxes, [x, y, x, y]] : boxes) {
      const [wide, high] = [right - left, bottom - top].map((n) => n + 2 * RADIUS);
      context.strokeRect(left - RADIUS, top - RADIUS, wide, high);
    }
  }
}
