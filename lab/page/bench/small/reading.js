// What there is to be read of a neuron or a weight.

import { round } from '../../charts.js';

/** `plan()` and `frame()` are those of now. `what` is a layer with a unit, or with a weight and where it leads from and to. */
export function reader({ say, plan, frame }) {
  const short = ([layer, unit]) => `${layer + 1}.${unit + 1}`;
  /** Its place among all neurons that are drawn. */
  const index = ([layer, unit]) => plan().layers.slice(0, layer).reduce((sum, l) => sum + l.shown, 0) + unit;
  function name({ layer, unit }) {
    if (layer < 0) return say('input', { n: plan().features[unit].formula });
    return `${plan().layers[layer].kind} ${short([layer, unit])}`;
  }
  function of(what) {
    if (what.weight !== undefined) {
      const from = name({ layer: what.layer - 1, unit: what.from });
      const to = name({ layer: what.layer, unit: what.to });
      return [say('weight', { a: from, b: to, w: round(frame().theta[what.weight]) })];
    }
    if (what.layer < 0) return [name(what)];
    const scale = frame().scales[index([what.layer, what.unit])];
    const { bias } = plan().layers[what.layer];
    const parts = [say(scale === 0 ? 'dead' : 'says', { name: name(what), most: round(scale, 3) })];
    if (bias) parts.push(' · ', say('bias', { b: round(frame().theta[bias.at + what.unit]) }));
    return parts;
  }
  return { short, index, name, of };
}
