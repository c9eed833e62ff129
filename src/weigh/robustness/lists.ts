import { readFile, stat } from 'node:fs/promises';
import { SteelyardError, type Example } from '../../contracts/index.ts';
import type { Kind } from './kinds.ts';
import { plainKey } from './perturb/words.ts';

const largestBytes = 4 * 1024 * 1024;
const mostWords = 2000;

const fault = (where: string, what: string, hint: string, cause?: unknown): SteelyardError =>
  new SteelyardError('robustness/list', `${where}: ${what}`, hint, { cause });

/** The lines of a text file that hold something, with their numbers. Errors: `robustness/list`. */
const linesOf = async (path: string, hint: string): Promise<readonly (readonly [string, string])[]> => {
  let text: string;
  try {
    if ((await stat(path)).size > largestBytes) throw new Error(`it has more than ${largestBytes} bytes`);
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw fault(path, `cannot be read: ${(cause as Error).message}`, hint, cause);
  }
  return text
    .split(/\r?\n/)
    .map((line, at) => [`${path}:${at + 1}`, line] as const)
    .filter(([, line]) => line.trim() !== '' && !line.startsWith('#'));
};

const objectOf = (where: string, line: string, hint: string): Readonly<Record<string, unknown>> => {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch (cause) {
    throw fault(where, `not JSON: ${(cause as Error).message}`, hint, cause);
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw fault(where, 'not an object', hint);
  return raw as Readonly<Record<string, unknown>>;
};

const slangHint = 'one word or phrase a line: word<TAB>replacement, or {"word": "…", "replacement": "…"}';

/** The scenario's own words: TSV (word, tab, replacement) or JSONL with `word` and `replacement`. At most 2,000.
 *  Errors: `robustness/list` with file and line. */
export const readSlang = async (path: string): Promise<ReadonlyMap<string, string>> => {
  const words = new Map<string, string>();
  for (const [where, line] of await linesOf(path, slangHint)) {
    const { word, replacement } = line.startsWith('{')
      ? objectOf(where, line, slangHint)
      : { word: line.split('\t')[0], replacement: line.split('\t')[1] };
    if (typeof word !== 'string' || typeof replacement !== 'string' || word.trim() === '')
      throw fault(where, 'a word or its replacement is missing', slangHint);
    words.set(plainKey(word.trim()), replacement.trim());
    if (words.size > mostWords) throw fault(where, `more than ${mostWords} words`, 'keep those that your users say');
  }
  if (words.size === 0) throw fault(path, 'the list is empty', slangHint);
  return words;
};

const contrastHint =
  'one rewritten example a line: {"id": "…", "text": "…", "label": "…"}, "pair" where the task has pairs';

/** Contrast sets: examples that a person rewrote a little so that another answer is right. The file's `id` says of which example.
 *  Where several belong to one example, one is drawn. Errors: `robustness/list` with file and line.
 *  Source: Gardner et al. 2020; HELM (ContrastSetsPerturbation). */
export const readContrast = async (path: string, labels: readonly string[]): Promise<Kind> => {
  const rewritten = new Map<string, Pick<Example, 'text' | 'pair' | 'label'>[]>();
  for (const [where, line] of await linesOf(path, contrastHint)) {
    const { id, text, pair, label } = objectOf(where, line, contrastHint);
    if (typeof text !== 'string' || typeof label !== 'string' || (typeof id !== 'string' && typeof id !== 'number'))
      throw fault(where, 'id, text or label is missing', contrastHint);
    if (pair !== undefined && typeof pair !== 'string') throw fault(where, '"pair" is no text', contrastHint);
    if (!labels.includes(label)) throw fault(where, `the model does not know the label "${label}"`, contrastHint);
    const one = { text, label, ...(pair === undefined ? {} : { pair }) };
    rewritten.set(String(id), [...(rewritten.get(String(id)) ?? []), one]);
  }
  return {
    id: 'contrast',
    meaning: 'changed',
    change(example, context) {
      const some = rewritten.get(example.id);
      if (some === undefined) return null;
      const one = some[context.random(`robustness/contrast ${example.id}`).integer(some.length)]!;
      return { ...example, ...one, id: `${example.id}#contrast` };
    },
  };
};
