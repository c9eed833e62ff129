import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dim, Example, RunResult, Value, ValueInfo } from '../../../contracts/index.ts';
import { makeTokenizer, type TextTokenizer } from '../tokenizer.ts';

const path = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixtures', 'small-golden.json');
const golden = JSON.parse(readFileSync(path, 'utf8')) as Record<'wordPiece' | 'byteLevel', { tokenizer: unknown }>;

/** Small tokenizers: [CLS] is 2 and [SEP] 3 in the first, <s> 0 and </s> 2 in the second. */
export const tokenizerOf = (kind: 'wordPiece' | 'byteLevel', config: unknown = {}): TextTokenizer =>
  makeTokenizer(golden[kind].tokenizer, config, 'test', null);

export const textInputs = (dims: readonly Dim[] = ['N', 'T']): readonly ValueInfo[] =>
  ['input_ids', 'attention_mask'].map((name) => ({ name, type: { kind: 'tensor', dtype: 'int64', dims } }));

export const exampleOf = (more: Partial<Example>): Example => ({ id: '1', label: null, groups: {}, ...more });

/** What a run gave, without running anything. */
export const resultOf = (
  outputs: Readonly<Record<string, readonly [dims: readonly number[], data: readonly number[]]>>,
): RunResult => ({
  outputs: Object.fromEntries(
    Object.entries(outputs).map(([name, [dims, data]]): [string, Value] => [
      name,
      { dtype: 'float32', dims, data: Float32Array.from(data) },
    ]),
  ),
  durationMs: 0,
  cpuMs: 0,
});

export const numbersOf = (value: Value | undefined): number[] => Array.from(value!.data as BigInt64Array, Number);
