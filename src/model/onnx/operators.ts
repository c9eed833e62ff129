import type { AttributeValue } from '../../contracts/index.ts';
import { operatorTable, typeSets } from './generated/operators.ts';

/** The element types that an input or output may have. */
export interface Parameter {
  /** Parameters of one operator with the same variable have the same type; '' stands alone. */
  readonly variable: string;
  /** ONNX element type numbers; 0 stands for sequences, maps, optionals and types that are not known here. */
  readonly allowed: ReadonlySet<number>;
}

/** What an operator version accepts. */
export interface OperatorSchema {
  readonly sinceVersion: number;
  readonly inputs: readonly [least: number, most: number];
  readonly outputs: readonly [least: number, most: number];
  readonly attributes: ReadonlyMap<string, { readonly kind: AttributeValue['kind']; readonly required: boolean }>;
  /** The last one stands for any number when more are given. */
  readonly inputTypes: readonly Parameter[];
  readonly outputTypes: readonly Parameter[];
  /** Withdrawn from this version on. */
  readonly deprecated: boolean;
}

const kinds: Readonly<Record<string, AttributeValue['kind']>> = {
  f: 'float',
  i: 'int',
  s: 'string',
  t: 'tensor',
  g: 'graph',
  F: 'floats',
  I: 'ints',
  S: 'strings',
  T: 'tensors',
  G: 'graphs',
  x: 'other',
};

const most = (text: string | undefined): number => (text === '-' ? Infinity : Number(text));

const attributesOf = (text: string): OperatorSchema['attributes'] =>
  new Map(
    text
      .split(',')
      .filter((part) => part !== '')
      .map((part) => {
        const [name, kind] = part.split(':');
        return [name!, { kind: kinds[kind![0]!]!, required: kind!.endsWith('!') }] as const;
      }),
  );

let sets: readonly ReadonlySet<number>[] | null = null;

const parametersOf = (text: string): Parameter[] => {
  sets ??= typeSets.split('\n').map((line) => new Set(line.split(' ').map(Number)));
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [variable, set] = part.split(':');
      return { variable: variable === '~' ? '' : variable!, allowed: sets![Number(set)]! };
    });
};

let loaded: { readonly operators: Map<string, OperatorSchema[]>; readonly newest: Map<string, number> } | null = null;

const load = (): NonNullable<typeof loaded> => {
  const operators = new Map<string, OperatorSchema[]>();
  const newest = new Map<string, number>();
  for (const line of operatorTable.split('\n')) {
    const [domain, name, since, leastIn, mostIn, leastOut, mostOut, attributes, ins, outs, deprecated] =
      line.split('|');
    const key = `${domain}|${name}`;
    const sinceVersion = Number(since);
    const versions = operators.get(key) ?? [];
    versions.push({
      sinceVersion,
      inputs: [Number(leastIn), most(mostIn)],
      outputs: [Number(leastOut), most(mostOut)],
      attributes: attributesOf(attributes!),
      inputTypes: parametersOf(ins!),
      outputTypes: parametersOf(outs!),
      deprecated: deprecated !== undefined,
    });
    operators.set(key, versions);
    newest.set(domain!, Math.max(newest.get(domain!) ?? 0, sinceVersion));
  }
  return { operators, newest };
};

/** The schema of an operator under an imported opset version; null when that version does not have it.
 *  Source: operator schemas of the ONNX Python package, see generated/operators.py. */
export const operatorSchema = (domain: string, op: string, opset: number): OperatorSchema | null => {
  loaded ??= load();
  // Versions ascend, so the last one that is not too new is the one in force.
  return loaded.operators.get(`${domain}|${op}`)?.findLast(({ sinceVersion }) => sinceVersion <= opset) ?? null;
};

/** Newest opset version in the table for a domain; null when the table does not cover the domain. */
export const newestOpset = (domain: string): number | null => {
  loaded ??= load();
  return loaded.newest.get(domain) ?? null;
};
