import { aware } from './aware.ts';
import { blockwise } from './blockwise.ts';
import { codebook } from './codebook.ts';
import { dynamic } from './dynamic.ts';
import { embedding } from './embedding.ts';
import { float16 } from './float16.ts';
import { float16Storage } from './float16-storage.ts';
import { mixed } from './mixed/mixed.ts';
import { equalize } from './scale/equalize.ts';
import { smooth } from './scale/smooth.ts';
import { staticInt8 } from './static/static.ts';

/** Fewer bits per number. */
export const quantizeTechniques = [
  dynamic,
  embedding,
  blockwise,
  float16,
  float16Storage,
  codebook,
  mixed,
  staticInt8,
  smooth,
  equalize,
  aware,
] as const;
