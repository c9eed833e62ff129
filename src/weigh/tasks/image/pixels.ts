/** A decoded picture: 8 bits per channel, interleaved, top row first. Shapes: data [height, width, channels], channels 1 (gray) or 3 (RGB). */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Luma as Pillow's convert("L") computes it (ITU-R 601-2, 16-bit fixed point). */
const gray = (data: Uint8Array, at: number): number =>
  (data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471 + 0x8000) >> 16;

/** The same picture with 1 or 3 channels. */
export const toChannels = (pixels: Pixels, channels: 1 | 3): Pixels => {
  if (pixels.channels === channels) return pixels;
  const { width, height, data } = pixels;
  const count = width * height;
  const out = new Uint8Array(count * channels);
  for (let at = 0; at < count; at++)
    if (channels === 1) out[at] = gray(data, at * 3);
    else out.fill(data[at]!, at * 3, at * 3 + 3);
  return { width, height, channels, data: out };
};

/** The middle of a picture; where it is smaller than what is asked for, black is put around it.
 *  Source: center_crop of Hugging Face's image transforms: offsets are rounded down, padding is larger at the top and left. */
export const centerCrop = (pixels: Pixels, height: number, width: number): Pixels => {
  const { channels, data } = pixels;
  const out = new Uint8Array(width * height * channels);
  const fits = pixels.height >= height && pixels.width >= width;
  const [canvasHeight, canvasWidth] = fits
    ? [pixels.height, pixels.width]
    : [Math.max(height, pixels.height), Math.max(width, pixels.width)];
  const padTop = Math.ceil((canvasHeight - pixels.height) / 2);
  const padLeft = Math.ceil((canvasWidth - pixels.width) / 2);
  const top = Math.floor((pixels.height - height) / 2) + padTop;
  const left = Math.floor((pixels.width - width) / 2) + padLeft;
  for (let y = 0; y < height; y++) {
    const row = y + Math.max(0, top) - padTop;
    if (row < 0 || row >= pixels.height) continue;
    for (let x = 0; x < width; x++) {
      const column = x + Math.max(0, left) - padLeft;
      if (column < 0 || column >= pixels.width) continue;
      for (let c = 0; c < channels; c++)
        out[(y * width + x) * channels + c] = data[(row * pixels.width + column) * channels + c]!;
    }
  }
  return { width, height, channels, data: out };
};
