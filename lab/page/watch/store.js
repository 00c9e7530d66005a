// What the page knows of the training: messages add up to it.

/** Joins the program's messages. */
export class Store {
  constructor() {
    this.scene = null;
    /** A promise of the bytes of the wall's pictures, picture after picture. */
    this.pictures = null;
    this.start = null;
    this.now = null;
    this.curve = { step: [], loss: [], low: [], high: [], rate: [], seconds: [], stride: 1 };
    this.epochs = [];
    this.notices = [];
    this.changes = [];
    this.look = null;
    this.trace = [];
    this.check = null;
    this.end = null;
  }

  /** Takes a message; says which parts are new. */
  take(message) {
    const fresh = new Set(Object.keys(message));
    if (message.scene) {
      // The program tells all from the beginning: this is a new connection.
      Object.assign(this, new Store(), { scene: message.scene });
    }
    if (message.start) this.start = message.start;
    if (message.now) this.now = message.now;
    if (message.curve) this.#grow(message.curve);
    if (message.epochs) this.epochs.push(...message.epochs);
    if (message.notices) this.notices = message.notices;
    if (message.changes) this.changes = message.changes;
    if (message.check) this.check = message.check;
    if (message.trace) this.trace = message.trace;
    if (message.look) {
      this.look = message.look;
      this.trace.push(sizes(message.look));
    }
    if (message.end) this.end = message.end;
    return fresh;
  }

  #grow({ keep, stride, columns }) {
    this.curve.stride = stride;
    for (const [name, values] of Object.entries(columns)) {
      const column = this.curve[name];
      column.length = keep;
      for (const v of values) column.push(v);
    }
  }
}

/** Of a look, what is drawn over time. */
const sizes = ({ step, parts }) => ({
  step,
  gradient: parts.map((p) => p.gradient),
  update: parts.map((p) => p.update),
});

/**
 * The exponentially weighted average of a curve, V ← β V + (1 − β) x, divided by 1 − βᵗ (as Adam corrects its start). A value of
 * the curve may stand for `stride` steps.
 */
export function averaged(values, beta, stride = 1) {
  const b = beta ** stride;
  const out = new Array(values.length);
  let sum = 0;
  let share = 0;
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isFinite(values[i])) {
      sum = b * sum + (1 - b) * values[i];
      share = b * share + (1 - b);
    }
    out[i] = share > 0 ? sum / share : NaN;
  }
  return out;
}

/** `63.2 %` */
export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;

/** `1 h 2 min`, `3 min 20 s`, `4.2 s` */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}
