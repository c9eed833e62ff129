import { SteelyardError } from '../../../contracts/index.ts';
import { centerCrop, type Pixels } from './pixels.ts';
import type { Preprocessor } from './preprocessor.ts';
import { resize } from './resize.ts';

/** How a model takes pictures. */
export type Layout = 'channels-first' | 'channels-last';

/** Height and width after resizing. The longer side is rounded down, as Hugging Face and torchvision do. */
const sizeAfter = (
  { height, width }: Pixels,
  size: NonNullable<Preprocessor['resize']>['size'],
): readonly [number, number] => {
  if (size.kind === 'exact') return [size.height, size.width];
  const { edge } = size;
  return width <= height ? [Math.trunc((edge * height) / width), edge] : [edge, Math.trunc((edge * width) / height)];
};

/** A picture as a model's input: resized, cut, scaled, normalized, in float32 arithmetic.
 *  Shapes: [channels, height, width] or [height, width, channels]. Errors: `task/preprocessor` when mean and std do not fit the channels. */
export const prepare = (
  pixels: Pixels,
  { resize: sizing, crop, rescale, normalize, reversed }: Preprocessor,
  layout: Layout,
): { readonly dims: readonly number[]; readonly data: Float32Array } => {
  const sized = sizing === null ? pixels : resize(pixels, ...sizeAfter(pixels, sizing.size), sizing.filter);
  const cut = crop === null ? sized : centerCrop(sized, crop.height, crop.width);
  const { width, height, channels, data } = cut;
  const out = new Float32Array(data.length);
  const plane = width * height;
  for (let c = 0; c < channels; c++) {
    const mean = normalize === null ? 0 : normalize.mean[normalize.mean.length === 1 ? 0 : c];
    const std = normalize === null ? 1 : normalize.std[normalize.std.length === 1 ? 0 : c];
    if (mean === undefined || std === undefined || std === 0)
      throw new SteelyardError(
        'task/preprocessor',
        `preprocessor_config.json: image_mean and image_std do not fit ${channels} channels`,
        'give one number per channel, image_std above 0',
      );
    // One of 256 values per channel.
    const values = Float32Array.from({ length: 256 }, (_, value) => {
      const scaled = rescale === null ? value : Math.fround(value * rescale);
      return normalize === null ? scaled : Math.fround(scaled - Math.fround(mean)) / Math.fround(std);
    });
    const target = reversed ? channels - 1 - c : c;
    for (let at = 0; at < plane; at++)
      out[layout === 'channels-first' ? target * plane + at : at * channels + target] =
        values[data[at * channels + c]!]!;
  }
  return { dims: layout === 'channels-first' ? [channels, height, width] : [height, width, channels], data: out };
};
