// Charts: lines, bars, and heat maps with contours. Each draws into an element, and can be updated as often as wanted
// (drawing happens once per frame, and not at all while the page is hidden).
//
// All share:
//   const chart = lines(element, options);
//   chart.update({ series });      // any of the options, anew
//   chart.destroy();
//   title            text: what is shown; above the chart, and its name for screen readers
//   x, y             { label: 'step', log: false, range: [from, to] | null }; without a range, that of the data
//   height           in pixels; the width is that of the element
//   name             what exported files are called (`loss` gives loss.svg, .png, .csv)
//   drawn            `drawn(own)` is called after each drawing: `own.place` has the scales (`sx.at(x)`, `sy.at(y)`), `own.plot` the
//                    drawing; what is added to it is exported too
//   whole            the table on the page has all rows, however many
//   table            `table()` returns { head, rows } in place of the chart's own
// and a menu: the data as a table, SVG, PNG, CSV. Arrow keys on a focused chart read its values.
//
// lines(element, { series: [{ name, x, y, low, high, colour, faint, dash, width, dots }], marks: [{ x, label }] })
//   `x` and `y` are arrays (plain or typed) of the same length; NaN leaves a gap. `low` and `high` draw a band. `colour` is
//   0…7 of the palette (the series' place by default). `faint` is for what lies behind (raw values under an average).
// bars(element, { edges | labels, groups: [{ name, values, colour }] })
//   a histogram over `edges` (one more than values), or a bar for each of `labels`.
// heat(element, { columns, rows, values, span, palette, contours, smooth, points, paths, pick, aspect, key })
//   `values` is row-major, row 0 at the *lowest* y; cells fill x.range × y.range (both needed). `span` is [least, greatest] in
//   colour, of the data if missing. `palette`: 'diverging' (blue, white, orange around 0), 'sequential'. `contours`: how many
//   lines, or an array of levels. `points`: [{ x, y, colour, label, hollow }]; `paths`: [{ name, x, y, colour, dash, end: true }]
//   lie over it. `pick(x, y)` is called for a click. `aspect` is height over width (1 by default); `key: false` leaves out
//   the colour key.

export { lines } from './charts/lines.js';
export { bars } from './charts/bars.js';
export { heat } from './charts/heat.js';
export { colour, PALETTE, mix } from './charts/colour.js';
export { round } from './charts/scale.js';
