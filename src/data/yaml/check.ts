import type { z } from 'zod';
import { SteelyardError } from '../../contracts/index.ts';
import { closest } from '../../contracts/closest.ts';
import { place, plainOf, type Located } from './located.ts';

const pathText = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? 'the file'
    : path.reduce<string>(
        (text, part) =>
          typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
        '',
      );

/** The schemas that a value at this place may have, without what wraps them. */
const bare = (schema: unknown): readonly object[] => {
  if (typeof schema !== 'object' || schema === null) return [];
  // A list is not what it holds, though it can be unwrapped too.
  if ('element' in schema) return [schema];
  if ('unwrap' in schema && typeof schema.unwrap === 'function') return bare(schema.unwrap());
  return 'options' in schema && Array.isArray(schema.options) ? schema.options.flatMap(bare) : [schema];
};

const knownKeys = (schema: z.ZodType, path: readonly PropertyKey[]): string[] => {
  let at = bare(schema);
  for (const part of path)
    at = at.flatMap((one) =>
      'shape' in one
        ? bare((one.shape as Record<string, unknown>)[String(part)])
        : 'element' in one
          ? bare(one.element)
          : [],
    );
  return at.flatMap((one) => ('shape' in one ? Object.keys(one.shape as object) : []));
};

/** Flatten a union's issues to those of the member that came furthest. */
const deepest = (issue: z.core.$ZodIssue): z.core.$ZodIssue => {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const best = issue.errors
    .map((branch) => branch[0]!)
    .toSorted((a, b) => Number(a.code === 'invalid_type') - Number(b.code === 'invalid_type'))
    .sort((a, b) => b.path.length - a.path.length)[0]!;
  return deepest({ ...best, path: [...issue.path, ...best.path] });
};

/** What a kind of value is called by people who write YAML. */
const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values (key: value)',
  record: 'keys with values (key: value)',
  null: 'nothing',
};

const kindOf = (value: unknown): string =>
  kinds[value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value] ?? typeof value;

/** What is wrong with a value, in words. */
const saying = (issue: z.core.$ZodIssue): string => {
  // Some say it in words of their own; these two speak to programmers.
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) {
    const expected = kinds[issue.expected] ?? issue.expected;
    return issue.input === undefined
      ? `is missing; expected ${expected}`
      : `expected ${expected}, found ${kindOf(issue.input)}`;
  }
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid')) {
    const known = issue.values.map(String);
    const near = typeof issue.input === 'string' ? closest(issue.input, known) : null;
    const found = issue.input === undefined ? 'is missing' : `${JSON.stringify(issue.input)} is not known`;
    return `${found}${near === null ? '' : `; did you mean "${near}"?`}${near === null ? '; expected one of' : ' All are'}: ${known.join(', ')}`;
  }
  return issue.message;
};

/** How faults of a file's keys are told. */
export interface Complaint {
  readonly code: string;
  readonly hint: string;
}

const complain = (located: Located, schema: z.ZodType, error: z.ZodError, { code, hint }: Complaint): never => {
  const issues = error.issues.slice(0, 10).map(deepest);
  const lines = issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const key = issue.keys[0]!;
      const known = knownKeys(schema, issue.path);
      const near = closest(key, known);
      const help = near !== null ? `; did you mean "${near}"?` : known.length > 0 ? `; known: ${known.join(', ')}` : '';
      return `${place(located, issue.path, key)}: unknown key "${key}" in ${pathText(issue.path)}${help}`;
    }
    return `${place(located, issue.path)}: ${pathText(issue.path)}: ${saying(issue)}`;
  });
  throw new SteelyardError(code, lines.join('\n'), hint);
};

/** The file's keys as a schema knows them. Errors: the document's code; the complaint's code with line and column of every fault. */
export const check = <T>(located: Located, schema: z.ZodType<T>, complaint: Complaint): T => {
  const result = schema.safeParse(plainOf(located), { reportInput: true });
  return result.success ? result.data : complain(located, schema, result.error, complaint);
};
