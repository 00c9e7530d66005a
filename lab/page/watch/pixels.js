// Bytes as pictures.

/** Draws picture `number` of many that lie one after another. */
export function paint(sheet, bytes, number, { width, height, channels }) {
  [sheet.width, sheet.height] = [width, height];
  const context = sheet.getContext('2d');
  const image = context.createImageData(width, height);
  const size = width * height * channels;
  for (let p = 0; p < width * height; p += 1) {
    const from = number * size + p * channels;
    for (let c = 0; c < 3; c += 1) image.data[4 * p + c] = bytes[from + (channels === 3 ? c : 0)];
    image.data[4 * p + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
