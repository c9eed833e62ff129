import type { Refusal } from '../../contracts/index.ts';
import type { Anatomy } from '../anatomy/types.ts';
import type { Architecture } from '../training/encoder.ts';

/** What a user asks of a student's shape; 0 leaves the choice to us. */
export interface Wanted {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly ffn: number;
  readonly embedding: number;
  readonly positions: number;
}

const refuse = (reason: string): Refusal => ({ reason, nodes: [] });

/** The largest number of heads up to `most` that divides the width. */
const dividing = (width: number, most: number): number => {
  let heads = Math.max(1, Math.min(width, most));
  while (width % heads !== 0) heads--;
  return heads;
};

/** Positions of a student when the teacher has no table of them. */
const usualPositions = 512;

/** The student's shape: what was asked for, and half of the teacher for what was not (layers and width; an inner width of four
 *  times the width; heads as wide as the teacher's; its positions). Without an embedding width the word table is as wide as the student.
 *  Refuses a student that is larger than its teacher in any respect, or smaller in none. */
export const shapeOf = (
  teacher: Anatomy,
  wanted: Wanted,
  vocabulary: number,
  labels: number,
): Architecture | Refusal => {
  const first = teacher.blocks[0];
  if (first === undefined) return refuse('no transformer block was found in it');
  const { attention, feedForward } = first;
  const layers = wanted.layers || Math.ceil(teacher.blocks.length / 2);
  const width = wanted.width || Math.max(1, Math.floor(teacher.width / 2));
  const heads = wanted.heads || dividing(width, Math.round(width / attention.headWidth));
  const inner = Math.max(...teacher.blocks.map((block) => block.feedForward.size));
  const ffn = wanted.ffn || Math.min(inner, 4 * width);
  const table = teacher.position?.rows ?? null;
  const positions = wanted.positions || (table ?? usualPositions);
  if (width % heads !== 0) return refuse(`a width of ${width} is not a multiple of ${heads} heads`);
  const larger = (
    [
      ['layers', layers, teacher.blocks.length],
      ['width', width, teacher.width],
      ['ffn', ffn, Math.max(inner, feedForward.size)],
      ['positions', positions, table ?? positions],
    ] as const
  ).find(([, mine, most]) => mine > most);
  if (larger !== undefined)
    return refuse(`a student with ${larger[0]} ${larger[1]} would be larger than the model, which has ${larger[2]}`);
  const tableWidth = teacher.word?.width ?? teacher.width;
  const embedding = wanted.embedding === 0 || wanted.embedding >= width ? width : wanted.embedding;
  const smaller =
    layers < teacher.blocks.length ||
    width < teacher.width ||
    ffn < inner ||
    embedding < tableWidth ||
    positions < (table ?? 0);
  if (!smaller) return refuse('a student of this shape would be as large as the model');
  return {
    layers,
    width,
    heads,
    ffn,
    vocabulary,
    positions,
    labels,
    ...(embedding < width ? { embedding } : {}),
  };
};

/** Which of the teacher's blocks each block of the student follows: spread evenly, the last follows the last.
 *  Source: Jiao et al. 2020 (TinyBERT), §3.1, uniform mapping g(m) = m · N / M. */
export const followed = (student: number, teacher: number): number[] =>
  Array.from({ length: student }, (_, layer) => Math.round(((layer + 1) * teacher) / student) - 1);
