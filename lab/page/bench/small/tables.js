// The numbers behind the drawings of the playground.

import { unpack } from '../../api.js';

/** What the network answers, at some places of the square. */
export function surfaceTable(plan, frame, say) {
  if (!frame) return { head: ['x', 'y'], rows: [] };
  const values = unpack(frame.surface);
  const outputs = values.length / plan.side ** 2;
  const every = Math.max(1, Math.round(plan.side / 24));
  const at = (i) => plan.view * ((2 * i + 1) / plan.side - 1);
  const rows = [];
  for (let r = Math.floor(every / 2); r < plan.side; r += every) {
    for (let c = Math.floor(every / 2); c < plan.side; c += every) {
      const i = (r * plan.side + c) * outputs;
      rows.push([plan.centre[0] + plan.unit[0] * at(c), plan.centre[1] - plan.unit[1] * at(r), ...values.slice(i, i + outputs)]);
    }
  }
  const name = (k) => (outputs > 1 ? plan.names[k] ?? String(k) : say('surface'));
  return { head: ['x', 'y', ...Array.from({ length: outputs }, (_, k) => name(k))], rows };
}

/** All weights, layer by layer. */
export function weightTable(plan, frame, say, nameOf) {
  const rows = [];
  (frame ? plan.layers : []).forEach((layer, k) => {
    const name = (unit, of) => nameOf({ layer: of, unit });
    if (layer.weight) {
      const { at, rows: from, columns: to } = layer.weight;
      for (let i = 0; i < from; i += 1) {
        for (let j = 0; j < to; j += 1) rows.push([k + 1, name(i, k - 1), name(j, k), frame.theta[at + i * to + j]]);
      }
    }
    if (layer.bias) for (let j = 0; j < layer.bias.columns; j += 1) rows.push([k + 1, '1', name(j, k), frame.theta[layer.bias.at + j]]);
  });
  return { head: [say('layer'), say('from'), say('to'), say('value')], rows };
}
