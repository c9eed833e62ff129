import { readFile } from 'node:fs/promises';
import { SteelyardError } from '../../contracts/index.ts';
import { locate, plainOf } from '../../data/yaml/index.ts';
import { listKind, type Slots, type SwapKind } from './swaps.ts';

const example = `kinds: { names: { groups: { german: [Hans, Greta], turkish: [Ali, Elif] } } }`;
const longest = 1_000_000;

const refuse = (path: string, what: string): never => {
  throw new SteelyardError('fairness/lists', `${path}: ${what}`, `write it like this: ${example}`);
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const slotsOf = (path: string, where: string, value: unknown, aligned: boolean): Slots => {
  if (!Array.isArray(value) || value.length === 0) return refuse(path, `${where} is not a list of words`);
  const words = value.map((word) =>
    typeof word === 'string' && word.trim() !== ''
      ? word.trim()
      : refuse(path, `${where} holds ${JSON.stringify(word)}, not a word`),
  );
  return aligned ? words.map((word) => [word]) : [words];
};

const kindOf = (path: string, name: string, value: unknown): SwapKind => {
  if (!isRecord(value) || !isRecord(value['groups'])) return refuse(path, `kinds.${name} has no groups`);
  const odd = Object.keys(value).find((key) => key !== 'groups' && key !== 'aligned');
  if (odd !== undefined) return refuse(path, `kinds.${name}.${odd} is nothing known`);
  const { aligned = false } = value;
  if (typeof aligned !== 'boolean') return refuse(path, `kinds.${name}.aligned is neither true nor false`);
  const groups = Object.fromEntries(
    Object.entries(value['groups']).map(([group, words]) => [
      group,
      slotsOf(path, `kinds.${name}.groups.${group}`, words, aligned),
    ]),
  );
  if (Object.keys(groups).length < 2) return refuse(path, `kinds.${name} has fewer than two groups`);
  const owner = new Map<string, string>();
  for (const [group, slots] of Object.entries(groups))
    for (const word of slots.flat()) {
      const before = owner.get(word.toLowerCase());
      if (before !== undefined && before !== group)
        return refuse(path, `kinds.${name}: "${word}" is in ${before} and in ${group}`);
      owner.set(word.toLowerCase(), group);
    }
  if (aligned && new Set(Object.values(groups).map((slots) => slots.length)).size > 1)
    return refuse(path, `kinds.${name} is aligned, but its groups have different numbers of words`);
  return listKind(name, groups);
};

/** Word lists of the user's own, YAML or JSON: kinds → groups → words. In an aligned kind the first word of a group stands for the first of
 *  the others, and so on; otherwise for any of them. Errors: `fairness/lists`. */
export const readLists = async (path: string): Promise<readonly SwapKind[]> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new SteelyardError('fairness/lists', `cannot read ${path}: ${(cause as Error).message}`, example, { cause });
  }
  if (text.length > longest) return refuse(path, 'the file is larger than 1 MB');
  const root = plainOf(locate(path, text, 'fairness/lists', `write it like this: ${example}`));
  if (!isRecord(root) || !isRecord(root['kinds']) || Object.keys(root['kinds']).length === 0)
    return refuse(path, 'there are no kinds in it');
  return Object.entries(root['kinds']).map(([name, value]) => kindOf(path, name, value));
};
