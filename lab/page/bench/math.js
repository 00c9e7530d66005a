// Formulas as the program typeset them: MathML, which a screen reader reads.

import { el } from '../dom.js';

/** A formula `{ text, mathml }` on a line of its own; null stands for one that is too long to be written. */
function line(formula) {
  const node = el('div', { class: 'formula-line' });
  if (formula) node.innerHTML = formula.mathml;
  else node.textContent = '…';
  return node;
}

/** Formulas, line under line. Where they are wider than their place they are scrolled together, by keys too. */
export const maths = (formulas, label) => el('div', { class: 'maths', tabindex: 0, role: 'group', 'aria-label': label }, formulas.map(line));
