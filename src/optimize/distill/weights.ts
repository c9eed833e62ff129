import type { Context, Model, Random, Tensor } from '../../contracts/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import type { Anatomy, Block } from '../anatomy/index.ts';
import { initialWeights, type Architecture } from '../training/encoder.ts';
import { partsOf, type Dense, type Parts } from './parts.ts';
import {
  columnNorms,
  columnsOf,
  flipped,
  largest,
  principalDirections,
  product,
  rowNorms,
  rowsOf,
  type Matrix,
} from './principal.ts';
import { followed } from './shape.ts';
import { picked, valuesFrom, viewThrough, type Through, type Values } from './through.ts';

/** What a student starts from, and what of it came from its teacher. */
export interface Beginning {
  readonly weights: ReadonlyMap<string, Tensor>;
  /** "word table", "positions", "block 2 → 1", … in that order. */
  readonly inherited: readonly string[];
  /** Directions of the teacher's hidden states that the student keeps: [teacher's width, width]; null: all of them, as they are. */
  readonly directions: Matrix | null;
}

const inheritNorm = async (
  values: Values,
  parts: Parts,
  through: Through,
  teacher: string,
  name: string,
): Promise<void> => {
  const affine = await parts.affine(teacher);
  if (affine === null) return;
  values.vector(`${name}.weight`, through.scale(affine.scale));
  values.vector(`${name}.bias`, through.vector(affine.shift));
};

/** ‖column of a‖ · ‖row of b‖: what a unit between two layers can carry. */
const carried = (a: Matrix, b: Matrix): Float64Array => {
  const after = rowNorms(b);
  return columnNorms(a).map((norm, i) => norm * after[i]!);
};

const sumsOf = (values: Float64Array, size: number): Float64Array => {
  const sums = new Float64Array(values.length / size);
  for (const [i, value] of values.entries()) sums[Math.floor(i / size)]! += value ** 2;
  return sums;
};

/** Which of the teacher's columns each of the student's takes, head by head: the heads that carry most, in each the columns that do. */
const headColumns = (scores: Float64Array, size: number, heads: number, ownSize: number, chosen: readonly number[]) =>
  chosen.flatMap((head, own) => {
    if (own >= heads) return [];
    const inner = largest(scores.subarray(head * size, (head + 1) * size), Math.min(size, ownSize));
    return inner.map((at, i) => ({ from: head * size + at, to: own * ownSize + i }));
  });

interface Attended {
  readonly query: Dense;
  readonly key: Dense;
  readonly value: Dense;
  readonly output: Dense;
}

/** Grouped heads of key and value, repeated so that every head has its own. */
const repeated = ({ weight, bias }: Dense, heads: number, keyHeads: number, size: number): Dense => {
  if (heads === keyHeads) return { weight, bias };
  const from = Array.from(
    { length: heads * size },
    (_, i) => Math.floor(Math.floor(i / size) / (heads / keyHeads)) * size + (i % size),
  );
  return { weight: columnsOf(weight, from), bias: picked(bias, from) };
};

const attentionOf = async (parts: Parts, { attention }: Block): Promise<Attended | null> => {
  const [query, key, value, output] = [
    await parts.columns(attention.query),
    await parts.columns(attention.key),
    await parts.columns(attention.value),
    await parts.dense(attention.output),
  ];
  if (query === null || key === null || value === null || output === null) return null;
  const { heads, keyHeads, headWidth } = attention;
  return {
    query,
    key: repeated(key, heads, keyHeads, headWidth),
    value: repeated(value, heads, keyHeads, headWidth),
    output,
  };
};

const inheritAttention = (
  values: Values,
  { query, key, value, output }: Attended,
  through: Through,
  own: { readonly heads: number; readonly size: number },
  teacher: { readonly heads: number; readonly size: number },
  at: string,
): void => {
  const flow = carried(value.weight, output.weight);
  const chosen = largest(sumsOf(flow, teacher.size), own.heads);
  const match = columnNorms(query.weight).map((norm, i) => norm * columnNorms(key.weight)[i]!);
  const seen = headColumns(match, teacher.size, own.heads, own.size, chosen);
  const mixed = headColumns(flow, teacher.size, own.heads, own.size, chosen);
  // Scores are divided by √size: the same product under another root.
  const grow = Math.sqrt(own.size / teacher.size);
  const spread = (name: string, { weight, bias }: Dense, places: typeof seen, factor: number): void => {
    const read = through.reading(weight);
    const target = values.arrays.get(`${name}.weight`)!;
    const width = own.heads * own.size;
    const shift = values.arrays.get(`${name}.bias`)!;
    for (const { from, to } of places) {
      for (let i = 0; i < read.rows; i++) target[i * width + to] = read.values[i * read.columns + from]! * factor;
      shift[to] = bias[from]! * factor;
    }
  };
  spread(`${at}.attention.self.query`, query, seen, grow);
  spread(`${at}.attention.self.key`, key, seen, 1);
  spread(`${at}.attention.self.value`, value, mixed, 1);
  const written = through.writing(output.weight);
  const target = values.arrays.get(`${at}.attention.output.dense.weight`)!;
  for (const { from, to } of mixed)
    target.set(written.values.subarray(from * written.columns, (from + 1) * written.columns), to * written.columns);
  values.vector(`${at}.attention.output.dense.bias`, through.vector(output.bias));
};

const inheritFeedForward = async (
  values: Values,
  parts: Parts,
  through: Through,
  { feedForward }: Block,
  size: number,
  at: string,
): Promise<boolean> => {
  // A gated form has no counterpart in the student.
  if (feedForward.gate !== null) return false;
  const [up, down] = [await parts.dense(feedForward.up), await parts.dense(feedForward.down)];
  if (up === null || down === null) return false;
  const kept = largest(carried(up.weight, down.weight), size);
  values.matrix(`${at}.intermediate.dense.weight`, through.reading(columnsOf(up.weight, kept)));
  values.vector(`${at}.intermediate.dense.bias`, picked(up.bias, kept));
  values.matrix(`${at}.output.dense.weight`, through.writing(rowsOf(down.weight, kept)));
  values.vector(`${at}.output.dense.bias`, through.vector(down.bias));
  return true;
};

/** Pooler and classifier: the last two layers behind the blocks. */
const inheritHead = async (
  values: Values,
  parts: Parts,
  through: Through,
  { width, labels }: Architecture,
  teacherWidth: number,
): Promise<boolean> => {
  const [second, last] = parts.tail.slice(-2);
  if (second === undefined || last === undefined || last.n !== labels) return false;
  if (second.k !== teacherWidth || second.n !== last.k) return false;
  const [pooler, classifier] = [await parts.dense(second), await parts.dense(last)];
  if (pooler === null || classifier === null) return false;
  const kept = largest(carried(pooler.weight, classifier.weight), width);
  values.matrix('bert.pooler.dense.weight', flipped(through.reading(columnsOf(pooler.weight, kept))));
  values.vector('bert.pooler.dense.bias', picked(pooler.bias, kept));
  values.matrix('classifier.weight', flipped(rowsOf(classifier.weight, kept)));
  values.vector('classifier.bias', classifier.bias);
  return true;
};

/** Word, position and type tables, through the directions that keep most of the word table. */
const inheritTables = async (
  values: Values,
  parts: Parts,
  teacher: Anatomy,
  own: Architecture,
): Promise<{ readonly inherited: readonly string[]; readonly directions: Matrix | null }> => {
  const at = 'bert.embeddings';
  const inherited: string[] = [];
  const table = teacher.word === null ? null : await parts.table(teacher.word.name);
  const projection = table === null ? null : await parts.projection();
  // A narrow table without the layer that widens it says nothing about hidden states.
  const usable = table !== null && (table.columns === teacher.width || projection !== null);
  const wide = usable ? (projection === null ? table : product(table, projection)) : null;
  if (wide === null) return { inherited, directions: null };
  const directions = own.width === teacher.width ? null : principalDirections(wide, own.width);
  const through = viewThrough(directions);
  if (own.embedding === undefined) values.matrix(`${at}.word_embeddings.weight`, through.writing(wide));
  else if (projection !== null && own.embedding >= table!.columns) {
    values.matrix(`${at}.word_embeddings.weight`, table!);
    values.matrix(`${at}.projection.weight`, through.writing(projection));
  } else {
    const kept = principalDirections(wide, own.embedding);
    values.matrix(`${at}.word_embeddings.weight`, product(wide, kept));
    values.matrix(`${at}.projection.weight`, through.writing(flipped(kept)));
  }
  inherited.push('word table');
  for (const [found, name] of [
    [teacher.position, 'position'],
    [teacher.type, 'token_type'],
  ] as const) {
    const rows = found === null || found.width !== teacher.width ? null : await parts.table(found.name);
    if (rows === null || !values.arrays.has(`${at}.${name}_embeddings.weight`)) continue;
    values.matrix(`${at}.${name}_embeddings.weight`, through.writing(rows));
    inherited.push(name === 'position' ? 'positions' : 'types');
  }
  const affine = await parts.affine(teacher.embedded);
  if (affine !== null) {
    values.vector(`${at}.LayerNorm.weight`, through.scale(affine.scale));
    values.vector(`${at}.LayerNorm.bias`, through.vector(affine.shift));
  }
  return { inherited, directions };
};

/** A student's first weights: from the teacher wherever it has something alike, else fresh ones.
 *  Tables go through the directions that keep most of the word table, and so does every layer that reads or writes hidden states;
 *  blocks are spread evenly over the teacher's; of heads, of the columns within them, of inner units and of pooled units those
 *  stay that carry most (norm before times norm behind). A student as wide and as deep as its teacher is its copy.
 *  Errors: `model/data`, `training/architecture`.
 *  Sources: Turc et al. 2019 and Sanh et al. 2019 (starting from the teacher's layers); Jiao et al. 2020 (which ones). */
export const studentWeights = async (
  model: Model,
  teacher: Anatomy,
  own: Architecture,
  random: Random,
  context: Context,
): Promise<Beginning> => {
  const values = valuesFrom(initialWeights(own, random));
  const parts = partsOf(model, teacher, context);
  const { inherited: tables, directions } = await inheritTables(values, parts, teacher, own);
  const inherited = [...tables];
  // Without a shared view of hidden states nothing behind the tables fits.
  if (directions === null && (own.width !== teacher.width || tables.length === 0))
    return { weights: values.done(), inherited, directions: null };
  const through = viewThrough(directions);
  for (const [layer, source] of followed(own.layers, teacher.blocks.length).entries()) {
    const block = teacher.blocks[source]!;
    const at = `bert.encoder.layer.${layer}`;
    const attended = await attentionOf(parts, block);
    if (attended !== null) {
      const size = own.width / own.heads;
      const { heads, headWidth } = block.attention;
      inheritAttention(values, attended, through, { heads: own.heads, size }, { heads, size: headWidth }, at);
    }
    const fed = await inheritFeedForward(values, parts, through, block, own.ffn, at);
    if (block.norm === 'behind') {
      await inheritNorm(values, parts, through, block.feedForward.up.input, `${at}.attention.output.LayerNorm`);
      await inheritNorm(values, parts, through, block.output, `${at}.output.LayerNorm`);
    }
    if (attended !== null || fed) inherited.push(`block ${source + 1}`);
  }
  if (await inheritHead(values, parts, through, own, teacher.width)) inherited.push('head');
  return { weights: values.done(), inherited, directions };
};

/** For a model without an input for token types: every token is of the first type, so its vector becomes part of the positions. */
export const withoutTypes = (weights: ReadonlyMap<string, Tensor>): Map<string, Tensor> => {
  const [types, positions] = ['token_type', 'position'].map((one) => `bert.embeddings.${one}_embeddings.weight`);
  const table = weights.get(positions!)!;
  const first = toFloat32('float32', readTensorSync(weights.get(types!)!)).subarray(0, table.dims[1]);
  const sums = toFloat32('float32', readTensorSync(table)).map((value, i) => value + first[i % first.length]!);
  const rest = [...weights].filter(([name]) => name !== types);
  return new Map(rest.map(([name, one]) => [name, name === positions ? tensor('float32', table.dims, sums) : one]));
};
