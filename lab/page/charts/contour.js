// Contour lines by marching squares: each cell of four neighbours is crossed where the level lies between two corners.

/**
 * The segments of a level over a grid: a path in units of cells, (0, 0) at the centre of the first cell.
 * `map(column, row)` turns such a place into `[x, y]` in pixels.
 */
export function contour(values, columns, rows, level, map) {
  let d = '';
  const at = (c, r) => values[r * columns + c] - level;
  const put = (a, b) => {
    const [x1, y1] = map(...a);
    const [x2, y2] = map(...b);
    d += `M${x1.toFixed(1)},${y1.toFixed(1)}L${x2.toFixed(1)},${y2.toFixed(1)}`;
  };
  for (let r = 0; r + 1 < rows; r += 1) {
    for (let c = 0; c + 1 < columns; c += 1) {
      const corners = [at(c, r), at(c + 1, r), at(c + 1, r + 1), at(c, r + 1)];
      if (!corners.every(Number.isFinite)) continue;
      const places = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]];
      const crossings = [];
      for (let e = 0; e < 4; e += 1) {
        const [a, b] = [corners[e], corners[(e + 1) % 4]];
        if (a < 0 === b < 0) continue;
        const share = a / (a - b);
        const [p, q] = [places[e], places[(e + 1) % 4]];
        crossings.push([p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share]);
      }
      if (crossings.length === 2) put(crossings[0], crossings[1]);
      if (crossings.length === 4) {
        // A saddle: its middle says which corners belong together.
        const middle = corners.reduce((a, b) => a + b) / 4;
        const together = middle < 0 === corners[0] < 0;
        put(crossings[0], crossings[together ? 1 : 3]);
        put(crossings[2], crossings[together ? 3 : 1]);
      }
    }
  }
  return d;
}
