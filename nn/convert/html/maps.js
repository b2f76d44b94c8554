/** The maps of all layers: a pixel for each number, a tile for each channel, enlarged by the style. */

import { decimalsFor, inText } from "./breakdown.js";
import { ARROWS, limited, mix } from "./drawing.js";
import { positionOf } from "./network.js";

const TILE = 48; // side of a tile on a narrow screen, pixels
const MOST = 12; // side of a number, at most
const EDGE = 3; // distance from a number that is selected to its frame

/** Make an element; what is put into it is text or elements, never markup. */
export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Return colours of the style: `ink`, `mark`, and `numbers`, 255 from negative to positive. */
export function readColours() {
  const style = getComputedStyle(document.documentElement);
  const [ink, mark, ...ends] = ["--ink", "--mark", "--paper", "--plus", "--minus"].map((name) =>
    style.getPropertyValue(name).trim(),
  );
  const rgb = (text) => text.match(/\w\w/g).map((two) => Number.parseInt(two, 16));
  const [paper, plus, minus] = ends.map(rgb);
  const ramp = Array.from({ length: 255 }, (_, i) =>
    mix(paper, i < 127 ? minus : plus, Math.abs(i - 127) / 127),
  );
  const bytes = ramp.flatMap((colour) => [...colour, 255]);
  return { ink, mark, numbers: new Uint32Array(Uint8ClampedArray.from(bytes).buffer) };
}

/** The input's maps (index 0) or those of layer index - 1; a vector is a row of tiles. */
export class LayerMaps {
  places = []; // the pixel of each number
  numbers = []; // shown last
  isVisible = false;

  /** Call `onSelect` with these maps and the number that was chosen. */
  constructor(index, type, shape, onSelect) {
    this.shape = shape.length > 1 ? shape : [1, 1, ...shape];
    this.index = index;
    this.title = index ? `layer ${index - 1} ${type}` : "input";
    const size = shape.join(" × ");
    const help = `${this.title}, ${size}. Arrow keys choose a number, Page Up and Down the channel.`;
    this.canvas = make("canvas", { tabindex: 0, role: "application", "aria-label": help });
    const heading = make("h3", {}, this.title, " ", make("small", {}, size));
    this.frame = make("div", { class: "frame", hidden: "" }); // around the number that is selected
    this.section = make("section", {}, heading, this.canvas, this.frame);
    this.selected = null;
    this.canvas.addEventListener("click", ({ offsetX, offsetY }) => {
      const [x, y] = [offsetX, offsetY].map((n) => Math.floor(n / this.scale));
      onSelect(this, this.places.indexOf(y * this.canvas.width + x));
    });
    this.canvas.addEventListener("keydown", (event) => {
      const to = this.#next(event.key);
      if (to === null) return;
      event.preventDefault();
      onSelect(this, to);
    });
  }

  /** Return the number to which a key moves, or null. */
  #next(key) {
    const [[H, W, C], [down, right]] = [this.shape, ARROWS[key] ?? [0, 0]];
    const next = { PageUp: -1, PageDown: 1 }[key] ?? 0;
    const step = H * W > 1 ? (down * W + right) * C + next : down + right + next;
    if (!step) return null;
    return this.selected === null ? 0 : this.selected + step;
  }

  /** Describe a number in one line. */
  describe(i) {
    const [row, column, channel] = positionOf(this.shape, i);
    const n = this.numbers[i];
    return `${this.title}, channel ${channel}, row ${row}, column ${column}: ${inText(n, decimalsFor(n))}`;
  }

  /** Arrange the tiles in rows of a width, pixels. */
  layOut(room) {
    const [[H, W, C], { canvas }] = [this.shape, this];
    this.scale = limited(Math.round(Math.max(TILE, room / 24) / Math.max(H, W)), 1, MOST);
    const gap = H * W > 1 ? 1 : 0; // between tiles
    const columns = limited(Math.floor(room / ((W + gap) * this.scale)), 1, C);
    canvas.width = columns * (W + gap) - gap;
    canvas.height = Math.ceil(C / columns) * (H + gap) - gap;
    canvas.style.width = `${canvas.width * this.scale}px`;
    this.places = Int32Array.from({ length: H * W * C }, (_, i) => {
      const [row, column, c] = positionOf([H, W, C], i);
      const y = Math.floor(c / columns) * (H + gap) + row;
      return y * canvas.width + (c % columns) * (W + gap) + column;
    });
  }

  /** Show numbers; nothing is painted out of sight. */
  show(numbers, colours) {
    this.numbers = numbers;
    if (!this.isVisible) return;
    const image = new ImageData(this.canvas.width, this.canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    const most = numbers.reduce((found, n) => Math.max(found, Math.abs(n)), 0) || 1;
    numbers.forEach((n, i) => {
      pixels[this.places[i]] = colours[127 + Math.round((127 * n) / most)];
    });
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    this.frame.hidden = this.selected === null;
    const place = this.places[this.selected ?? 0];
    const at = [place % image.width, Math.floor(place / image.width)].map((n) => n * this.scale);
    this.frame.style.left = `${this.canvas.offsetLeft + at[0] - EDGE}px`;
    this.frame.style.top = `${this.canvas.offsetTop + at[1] - EDGE}px`;
    this.frame.style.width = this.frame.style.height = `${this.scale + 2 * EDGE + 2}px`;
  }
}
