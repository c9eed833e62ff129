import { expect, test } from 'vitest';
import { operatorTable, typeSets } from '../../onnx/generated/operators.ts';
import { adapterFor } from './adapters.ts';
import { irVersionFor, knownOperators, newestOpset, versionsOf } from './versions.ts';

interface Schema {
  readonly op: string;
  readonly since: number;
  readonly arities: readonly number[];
  readonly attributes: ReadonlyMap<string, string>;
  readonly types: readonly ReadonlySet<string>[];
  readonly deprecated: boolean;
}

const sets = typeSets.split('\n').map((line) => new Set(line.split(' ')));

const schemas: readonly Schema[] = operatorTable
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => {
    const parts = line.split('|');
    const list = (text = ''): string[] => text.split(',').filter((one) => one !== '');
    return {
      op: parts[1]!,
      since: Number(parts[2]),
      arities: parts.slice(3, 7).map((text) => (text === '-' ? Infinity : Number(text))),
      attributes: new Map(list(parts[7]).map((one) => one.split(':') as [string, string])),
      types: [...list(parts[8]), ...list(parts[9])].map((one) => sets[Number(one.split(':')[1])]!),
      deprecated: parts[10] !== undefined,
    };
  })
  .filter(({ since }) => since <= newestOpset);

/** What a node of the old form may have that the new form does not allow. */
const narrowed = (before: Schema, after: Schema): string[] => {
  const found: string[] = [];
  if (after.deprecated) found.push('withdrawn');
  const [least, most, leastOut, mostOut] = after.arities as [number, number, number, number];
  const [wasLeast, wasMost, wasLeastOut, wasMostOut] = before.arities as [number, number, number, number];
  if (least > wasLeast || most < wasMost) found.push(`inputs ${wasLeast}-${wasMost} → ${least}-${most}`);
  if (leastOut > wasLeastOut || mostOut < wasMostOut) found.push('outputs');
  for (const [name, kind] of before.attributes)
    if (after.attributes.get(name)?.[0] !== kind[0]) found.push(`attribute ${name}`);
  for (const [name, kind] of after.attributes)
    if (kind.endsWith('!') && before.attributes.get(name) !== kind) found.push(`attribute ${name} is required`);
  if (before.types.length === after.types.length)
    before.types.forEach((allowed, i) => {
      for (const type of allowed) if (!after.types[i]!.has(type)) found.push(`type ${type} of parameter ${i}`);
    });
  return found;
};

test('the table of versions is that of the operator schemas', () => {
  const expected = new Map<string, number[]>();
  for (const { op, since } of schemas) expected.set(op, [...(expected.get(op) ?? []), since]);
  expect(new Map(knownOperators().map((op) => [op, [...versionsOf(op)]]))).toEqual(expected);
  expect(versionsOf('Nothing')).toEqual([]);
});

test('every change without an adapter only widens', () => {
  const problems: string[] = [];
  for (const op of knownOperators()) {
    const forms = schemas.filter((one) => one.op === op);
    forms.slice(1).forEach((after, i) => {
      if (adapterFor(op, after.since)) return;
      const why = narrowed(forms[i]!, after);
      if (why.length > 0) problems.push(`${op} ${forms[i]!.since} → ${after.since}: ${why.join('; ')}`);
    });
  }
  expect(problems).toEqual([]);
});

test('every adapter belongs to a version at which its operator changed', () => {
  const known = new Set(schemas.map(({ op, since }) => `${op} ${since}`));
  for (const op of knownOperators())
    for (let version = 1; version <= newestOpset; version++)
      if (adapterFor(op, version)) expect(known).toContain(`${op} ${version}`);
});

test('IR versions rise with the operator set', () => {
  expect([7, 9, 10, 11, 12, 14, 15, 18, 19, 20, 21, 22, 23, 24].map(irVersionFor)).toEqual([
    4, 4, 5, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 12,
  ]);
});
