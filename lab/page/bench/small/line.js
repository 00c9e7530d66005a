// A network line, cut into its layers: at commas, but for those in brackets.

/** The layers of a line. */
export function layersOf(line) {
  const layers = [''];
  let depth = 0;
  for (const c of line) {
    if (c === '(') depth += 1;
    if (c === ')') depth -= 1;
    if (c === ',' && depth === 0) layers.push('');
    else layers[layers.length - 1] += c;
  }
  return layers.map((layer) => layer.trim());
}

/** The line of layers; nothing if there are none. */
export const withLayers = (layers) => layers.filter(Boolean).join(', ');
