import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SteelyardError } from '../../../contracts/index.ts';
import type { Filter } from './resize.ts';

type Size =
  | { readonly kind: 'exact'; readonly height: number; readonly width: number }
  | { readonly kind: 'shortest'; readonly edge: number };

/** What is done to a picture before a model sees it, in this order; null: nothing. */
export interface Preprocessor {
  readonly resize: { readonly size: Size; readonly filter: Filter } | null;
  readonly crop: { readonly height: number; readonly width: number } | null;
  readonly rescale: number | null;
  /** Per channel, or one for all. */
  readonly normalize: { readonly mean: readonly number[]; readonly std: readonly number[] } | null;
  /** Channels in the order blue, green, red. */
  readonly reversed: boolean;
}

type Json = Readonly<Record<string, unknown>>;
const fail = (what: string): never => {
  throw new SteelyardError(
    'task/preprocessor',
    `preprocessor_config.json: ${what}`,
    'put a preprocessor_config.json beside the model that says how pictures are prepared, as Hugging Face’s image processors write it',
  );
};

const filters: readonly Filter[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];

const whole = (raw: unknown, what: string): number =>
  Number.isInteger(raw) && (raw as number) > 0 && (raw as number) <= 65_536
    ? (raw as number)
    : fail(`${what} is ${JSON.stringify(raw)}, expected a number of pixels`);

/** Kinds whose lone number means both sides; for all others it is the shorter one. */
const square = /^(ViT|DeiT|Beit|MobileViT|EfficientNet|Swin|DPT|LeViT)/i;

const sizeOf = (raw: unknown, kind: string, what: string): Size => {
  if (typeof raw === 'number')
    return square.test(kind)
      ? { kind: 'exact', height: whole(raw, what), width: whole(raw, what) }
      : { kind: 'shortest', edge: whole(raw, what) };
  const { height, width, shortest_edge: shortest } = (raw ?? {}) as Json;
  if (shortest !== undefined) return { kind: 'shortest', edge: whole(shortest, `${what}.shortest_edge`) };
  return { kind: 'exact', height: whole(height, `${what}.height`), width: whole(width, `${what}.width`) };
};

const numbers = (raw: unknown, what: string): readonly number[] => {
  const list = Array.isArray(raw) ? raw : [raw];
  return list.length > 0 && list.every((one) => typeof one === 'number' && Number.isFinite(one))
    ? (list as number[])
    : fail(`${what} is ${JSON.stringify(raw)}, expected numbers`);
};

/** ConvNeXT's own rule: small pictures are cut out of somewhat larger ones, large ones are resized as they are. */
const convNext = (config: Json, filter: Filter): Pick<Preprocessor, 'resize' | 'crop'> => {
  const size = sizeOf(config['size'] ?? { shortest_edge: 384 }, 'ConvNext', 'size');
  const edge = size.kind === 'shortest' ? size.edge : size.height;
  if (edge >= 384) return { resize: { size: { kind: 'exact', height: edge, width: edge }, filter }, crop: null };
  const share = typeof config['crop_pct'] === 'number' && config['crop_pct'] > 0 ? config['crop_pct'] : 224 / 256;
  return {
    resize: { size: { kind: 'shortest', edge: Math.trunc(edge / share) }, filter },
    crop: { height: edge, width: edge },
  };
};

/** What a parsed preprocessor_config.json says. What it leaves out is not done, but for the scale of 1/255.
 *  Errors: `task/preprocessor`, also for steps that are not known. Source: the image processors of Hugging Face transformers. */
export const preprocessorOf = (raw: unknown): Preprocessor => {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return fail('it is no mapping');
  const config = raw as Json;
  const kind = String(config['image_processor_type'] ?? config['feature_extractor_type'] ?? '');
  const unknown = ['do_pad', 'rescale_offset', 'do_thumbnail', 'do_align_long_axis'].find(
    (key) => config[key] === true,
  );
  if (unknown !== undefined) fail(`${unknown} is a step that Steelyard does not do`);
  const does = (key: string, otherwise: boolean): boolean =>
    typeof config[key] === 'boolean' ? config[key] : otherwise;
  const filter = filters[config['resample'] === undefined ? 2 : Number(config['resample'])];
  if (filter === undefined) return fail(`resample is ${JSON.stringify(config['resample'])}, expected 0 to 5`);
  const plain = (): Pick<Preprocessor, 'resize' | 'crop'> => {
    const cropped = config['crop_size'] === undefined ? null : sizeOf(config['crop_size'], 'ViT', 'crop_size');
    return {
      resize: does('do_resize', config['size'] !== undefined)
        ? { size: sizeOf(config['size'], kind, 'size'), filter }
        : null,
      crop:
        does('do_center_crop', false) && cropped !== null
          ? cropped.kind === 'exact'
            ? { height: cropped.height, width: cropped.width }
            : { height: cropped.edge, width: cropped.edge }
          : null,
    };
  };
  const factor = config['rescale_factor'];
  return {
    ...(/^ConvNext/i.test(kind) && does('do_resize', true) ? convNext(config, filter) : plain()),
    rescale: does('do_rescale', true) ? (typeof factor === 'number' ? factor : 1 / 255) : null,
    normalize: does('do_normalize', config['image_mean'] !== undefined)
      ? { mean: numbers(config['image_mean'], 'image_mean'), std: numbers(config['image_std'], 'image_std') }
      : null,
    reversed: does('do_flip_channel_order', false),
  };
};

/** Read it from a model's folder. Errors: `task/preprocessor`. */
export const readPreprocessor = async (folder: string | null): Promise<Preprocessor> => {
  const path = folder === null ? null : join(folder, 'preprocessor_config.json');
  let text: string;
  try {
    if (path === null) return fail('the model has none');
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof SteelyardError) throw cause;
    return fail(`the model has none (${path ?? ''} cannot be read)`);
  }
  try {
    return preprocessorOf(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof SteelyardError) throw cause;
    return fail(`it is no valid JSON (${(cause as Error).message})`);
  }
};
