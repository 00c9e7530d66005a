// Charts as files: SVG with its colours in it, PNG drawn from that, and CSV.

const KEPT = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linejoin', 'stroke-linecap', 'opacity',
  'fill-opacity', 'stroke-opacity', 'font-family', 'font-size', 'font-weight'];

/** The chart as SVG that needs no style sheet. */
export function text(own) {
  const drawn = own.plot.querySelector('svg');
  const copy = drawn.cloneNode(true);
  const [from, to] = [drawn.querySelectorAll('*'), copy.querySelectorAll('*')];
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    for (const property of KEPT) to[i].setAttribute(property, style.getPropertyValue(property));
    to[i].removeAttribute('class');
  });
  copy.querySelectorAll('[data-cursor]').forEach((node) => node.remove());
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.removeAttribute('tabindex');
  const box = drawn.viewBox.baseVal;
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({ width: box.width, height: box.height, fill: getComputedStyle(document.body).backgroundColor })) {
    ground.setAttribute(name, value);
  }
  copy.prepend(ground);
  const raster = own.plot.querySelector('canvas');
  if (raster) {
    const image = document.createElementNS('http://www.w3.org/2000/svg', 'image');
    const { left, top, width, height } = own.raster;
    for (const [name, value] of Object.entries({ x: left, y: top, width, height, href: raster.toDataURL(), preserveAspectRatio: 'none' })) {
      image.setAttribute(name, value);
    }
    ground.after(image);
  }
  return new XMLSerializer().serializeToString(copy);
}

/** The chart as PNG, twice as fine as on the page. */
export async function picture(own) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text(own))}`;
  await image.decode();
  const sheet = document.createElement('canvas');
  [sheet.width, sheet.height] = [2 * own.width, 2 * own.options.height];
  sheet.getContext('2d').drawImage(image, 0, 0, sheet.width, sheet.height);
  return new Promise((done) => sheet.toBlob(done, 'image/png'));
}

/** A table as CSV (RFC 4180). */
export function csv({ head, rows }) {
  const cell = (v) => {
    const s = v === null || v === undefined ? '' : String(v);
    return /[",\r\n]/.test(s) ? `"${s.replace(/"/g, '""')}"` : s;
  };
  return [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
}
