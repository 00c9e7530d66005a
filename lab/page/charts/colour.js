// Colours of data. The palette is that of Okabe and Ito (2008), told apart with any kind of colour blindness; its shades for
// light and dark are variables of `style.css`.

/** How many colours there are. */
export const PALETTE = 8;

/** The variable of a colour by number. */
export const colour = (number) => `var(--data-${((number % PALETTE) + PALETTE) % PALETTE})`;

const STOPS = {
  // Blue below, orange above: told apart by all, and as light as the page in the middle.
  light: { diverging: ['#0b4f8a', '#4a95cf', '#f7f5f1', '#f0984a', '#a34a00'],
    sequential: ['#f6f3ea', '#bcd9d3', '#6fb0b5', '#2f7f9b', '#154c72', '#0b2444'] },
  dark: { diverging: ['#7cc0f5', '#2f77b0', '#1d2126', '#b0631f', '#ffb066'],
    sequential: ['#15181d', '#173a55', '#1f6a86', '#3f9da0', '#8ecbb0', '#ecf2c8'] },
};

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

/** Whether the page is dark now. */
export const isDark = () => document.documentElement.dataset.theme === 'dark';

/** A table of 256 colours, `[red, green, blue]` each, of `diverging` or `sequential`. */
export function table(palette) {
  const stops = (isDark() ? STOPS.dark : STOPS.light)[palette].map(channels);
  const colours = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i += 1) {
    const at = (i / 255) * (stops.length - 1);
    const left = Math.min(Math.floor(at), stops.length - 2);
    for (let c = 0; c < 3; c += 1) {
      colours[3 * i + c] = stops[left][c] + (stops[left + 1][c] - stops[left][c]) * (at - left);
    }
  }
  return colours;
}

/** The same as whole pixels, opaque: for pictures that are painted many times a second. */
export function pixels(palette) {
  const colours = table(palette);
  const bytes = new Uint8ClampedArray(256 * 4).fill(255);
  for (let i = 0; i < 256; i += 1) for (let c = 0; c < 3; c += 1) bytes[4 * i + c] = colours[3 * i + c];
  return new Uint32Array(bytes.buffer);
}

/** The colour of `share` (0…1) in a palette, as text. */
export function mix(palette, share) {
  const at = 3 * Math.round(255 * Math.min(1, Math.max(0, share)));
  const [r, g, b] = table(palette).slice(at, at + 3);
  return `rgb(${r} ${g} ${b})`;
}
