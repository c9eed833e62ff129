import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { preprocessorOf, readPreprocessor } from './preprocessor.ts';

test('reads what the common image processors write', () => {
  const imagenet = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
  const normalize = { mean: imagenet.image_mean, std: imagenet.image_std };
  expect(
    preprocessorOf({
      ...imagenet,
      image_processor_type: 'ViTImageProcessor',
      size: { height: 224, width: 224 },
      resample: 2,
      do_resize: true,
      do_rescale: true,
      rescale_factor: 0.00392,
      do_normalize: true,
    }),
  ).toEqual({
    resize: { size: { kind: 'exact', height: 224, width: 224 }, filter: 'bilinear' },
    crop: null,
    rescale: 0.00392,
    normalize,
    reversed: false,
  });
  // Older files give one number: both sides for ViT, the shorter one for CLIP.
  expect(preprocessorOf({ feature_extractor_type: 'ViTFeatureExtractor', size: 224 }).resize!.size).toEqual({
    kind: 'exact',
    height: 224,
    width: 224,
  });
  expect(
    preprocessorOf({
      feature_extractor_type: 'CLIPFeatureExtractor',
      size: 224,
      crop_size: 224,
      do_center_crop: true,
      resample: 3,
    }),
  ).toMatchObject({
    resize: { size: { kind: 'shortest', edge: 224 }, filter: 'bicubic' },
    crop: { height: 224, width: 224 },
    rescale: 1 / 255,
    normalize: null,
  });
  expect(preprocessorOf({ do_resize: false, do_rescale: false, size: 8 })).toEqual({
    resize: null,
    crop: null,
    rescale: null,
    normalize: null,
    reversed: false,
  });
});

test('ConvNeXT cuts small pictures out of larger ones', () => {
  const of = (edge: number) =>
    preprocessorOf({ image_processor_type: 'ConvNextImageProcessor', size: { shortest_edge: edge }, crop_pct: 0.875 });
  expect(of(224)).toMatchObject({
    resize: { size: { kind: 'shortest', edge: 256 } },
    crop: { height: 224, width: 224 },
  });
  expect(of(384)).toMatchObject({ resize: { size: { kind: 'exact', height: 384, width: 384 } }, crop: null });
});

test('refuses what it does not know', () => {
  const refused = (config: unknown, message: RegExp): void => {
    expect(() => preprocessorOf(config)).toThrowError(expect.objectContaining({ code: 'task/preprocessor' }));
    expect(() => preprocessorOf(config)).toThrowError(message);
  };
  refused(null, /no mapping/);
  refused({ do_pad: true }, /do_pad/);
  refused({ resample: 9 }, /resample/);
  refused({ do_resize: true, size: { height: -1, width: 4 } }, /size.height is -1/);
  refused({ do_normalize: true, image_mean: ['a'], image_std: [1] }, /image_mean/);
});

test('reads it from the model’s folder, and says when there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-preprocessor-'));
  await expect(readPreprocessor(folder)).rejects.toThrowError(/the model has none/);
  await expect(readPreprocessor(null)).rejects.toMatchObject({ code: 'task/preprocessor' });
  await writeFile(join(folder, 'preprocessor_config.json'), '{"do_rescale": false');
  await expect(readPreprocessor(folder)).rejects.toThrowError(/no valid JSON/);
  await writeFile(join(folder, 'preprocessor_config.json'), '{"do_rescale": false}');
  expect(await readPreprocessor(folder)).toMatchObject({ rescale: null });
  await rm(folder, { recursive: true });
});
