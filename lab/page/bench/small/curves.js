// Losses by step, as they come in: in any order, as a training goes back and forth; every second one is let go when they
// are many.

const MOST = 900;

/** A memory of curves: `add` points of `[step, train, test]`, `series()` for a chart. */
export function curves() {
  let points = new Map();
  let sorted = null;
  return {
    clear() {
      points = new Map();
      sorted = null;
    },
    add(more) {
      for (const [step, train, test] of more) points.set(step, [train, test]);
      if (points.size > MOST) {
        const steps = [...points.keys()].sort((a, b) => a - b);
        points = new Map(steps.filter((_, i) => i % 2 === 0 || i === steps.length - 1).map((step) => [step, points.get(step)]));
      }
      sorted = null;
    },
    series() {
      if (!sorted) {
        const x = [...points.keys()].sort((a, b) => a - b);
        sorted = { x, train: x.map((step) => points.get(step)[0] ?? NaN), test: x.map((step) => points.get(step)[1] ?? NaN) };
      }
      return sorted;
    },
  };
}
