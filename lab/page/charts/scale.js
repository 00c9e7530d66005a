// Axes: from data to pixels, and where the ticks are.

/** Ticks at 1, 2 or 5 times a power of ten, about `wanted` of them. */
export function ticks(from, to, wanted) {
  const span = to - from;
  if (!(span > 0)) return [from];
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => span / s <= wanted) ?? 10 * power;
  const out = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i += 1) out.push(i * step);
  return out;
}

/** Ticks of a logarithmic axis: powers of ten, with 2 and 5 between them where there are few; within one power those of any axis. */
function logTicks(from, to, wanted) {
  const powers = Math.log10(to / from);
  if (powers < 1) return ticks(from, to, wanted);
  const low = Math.floor(Math.log10(from));
  const high = Math.ceil(Math.log10(to));
  const factors = powers < 1.6 ? [1, 2, 5] : powers < 2.6 ? [1, 3] : [1];
  const every = Math.max(1, Math.ceil((high - low) / Math.max(2, wanted)));
  const out = [];
  for (let p = low; p <= high; p += every) for (const f of factors) out.push(f * 10 ** p);
  return out.filter((v) => v >= from * (1 - 1e-9) && v <= to * (1 + 1e-9));
}

/** A number as short as it can be read. */
export function round(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  let text;
  if (size >= 1e6 || size < 1e-3) {
    const [mantissa, power] = value.toExponential(Math.min(2, digits - 1)).split('e');
    const sign = power.startsWith('-') ? '−' : '';
    const m = mantissa.replace(/\.?0+$/, '');
    text = `${m === '1' ? '' : m === '-1' ? '-' : `${m}·`}10${sign ? '⁻' : ''}${superscript(power)}`;
  } else {
    text = String(Number(value.toPrecision(size >= 1000 ? Math.max(digits, 6) : digits)));
  }
  return text.replace(/-/g, '−');
}

/** Numbers that stand side by side: with as many digits as it takes to tell them apart. */
export function labels(values, digits = 3) {
  const all = values.map((v) => round(v, digits));
  return new Set(all).size === values.length || digits >= 9 ? all : labels(values, digits + 1);
}

const superscript = (power) => [...power.replace(/[+-]/, '')].map((d) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[d]).join('');

/** The least and greatest of finite numbers; null without any. */
export function extent(arrays, positive = false) {
  let [low, high] = [Infinity, -Infinity];
  for (const array of arrays) {
    for (const v of array ?? []) {
      if (Number.isFinite(v) && (!positive || v > 0)) {
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
  }
  return low <= high ? [low, high] : null;
}

/**
 * A scale from `range` (or the data's extent) to pixels.
 * Returns `at(value)`, `invert(pixel)`, `ticks`, `low`, `high`.
 */
export function scale({ log = false, range = null, nice = true }, data, from, to, wanted) {
  let [low, high] = range ?? extent(data, log) ?? (log ? [0.1, 1] : [0, 1]);
  if (log) low = Math.max(low, Number.MIN_VALUE);
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  if (!range && nice && !log) {
    const step = ticks(low, high, wanted);
    const size = step.length > 1 ? step[1] - step[0] : high - low;
    // Up to the next half tick: the curve does not touch the frame, and little is empty.
    [low, high] = [Math.floor((2 * low) / size) * (size / 2), Math.ceil((2 * high) / size) * (size / 2)];
  }
  if (!range && nice && log) [low, high] = [low / 1.15, high * 1.15];
  const f = log ? (v) => (v > 0 ? Math.log(v) : NaN) : (v) => v;
  const [a, b] = [f(low), f(high)];
  const at = (v) => from + ((f(v) - a) / (b - a)) * (to - from);
  const invert = (p) => {
    const v = a + ((p - from) / (to - from)) * (b - a);
    return log ? Math.exp(v) : v;
  };
  return { at, invert, low, high, ticks: log ? logTicks(low, high, wanted) : ticks(low, high, wanted) };
}
