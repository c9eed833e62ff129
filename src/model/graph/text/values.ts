import type { Attribute, Graph, Tensor } from '../../../contracts/index.ts';
import { maximumNesting } from './grammar.ts';
import { numberOf, parseBase64 } from './literals.ts';
import type { Reader } from './reader.ts';
import { parseTensor } from './tensors.ts';
import { fault } from './tokens.ts';
import type { Token } from './tokens.ts';

const toUtf8 = new TextEncoder();

/** How a graph is read. */
export interface Scope {
  readonly tensors?: Readonly<Record<string, Tensor>>;
  /** Reads one header statement, if one is there. */
  readonly header?: () => boolean;
  /** Undefined names become inputs; in a body they come from outside. */
  readonly top?: boolean;
  readonly depth?: number;
}

/** Reads the statements of a body: handed in, since statements hold values and values hold bodies. */
export type ReadGraph = (reader: Reader, scope: Scope) => Graph;

const parseBody = (reader: Reader, scope: Scope, parseGraph: ReadGraph): Graph => {
  reader.next();
  const name = reader.peek().kind === 'string' ? reader.next().text : '';
  reader.expect('{');
  const { tensors } = scope;
  const body = parseGraph(reader, { ...(tensors ? { tensors } : {}), depth: (scope.depth ?? 0) + 1 });
  reader.expect('}');
  return { ...body, name };
};

const emptyList = (word: string, token: Token): Attribute => {
  if (word === 'floats') return { kind: 'floats', value: [] };
  if (word === 'strings') return { kind: 'strings', value: [] };
  if (word === 'tensors') return { kind: 'tensors', value: [] };
  if (word === 'bodies') return { kind: 'graphs', value: [] };
  return fault(token, `${word} is not a kind of list`);
};

const listOf = (items: readonly Attribute[], token: Token): Attribute => {
  type Value<K> = Extract<Attribute, { kind: K }>['value'];
  const all = <K extends Attribute['kind']>(kind: K): Value<K>[] | null =>
    items.every((one) => one.kind === kind) ? items.map((one) => one.value as Value<K>) : null;
  const integers = all('int');
  if (integers) return { kind: 'ints', value: integers };
  if (items.every((one) => one.kind === 'int' || one.kind === 'float'))
    return { kind: 'floats', value: items.map((one) => Math.fround(Number(one.value))) };
  const strings = all('string');
  if (strings) return { kind: 'strings', value: strings };
  const tensors = all('tensor');
  if (tensors) return { kind: 'tensors', value: tensors };
  const graphs = all('graph');
  if (graphs) return { kind: 'graphs', value: graphs };
  return fault(token, 'a list holds values of one kind', 'text/type');
};

/** An attribute's value. Errors: `text/syntax`, `text/type`. */
export const parseValue = (reader: Reader, scope: Scope, parseGraph: ReadGraph, depth = 0): Attribute => {
  const token = reader.peek();
  if (depth > maximumNesting) fault(token, 'values nest too deep');
  if (token.kind === 'number') {
    const number = numberOf(reader.next());
    return number.kind === 'int' ? number : { kind: 'float', value: Math.fround(number.value) };
  }
  if (token.kind === 'string') return { kind: 'string', value: toUtf8.encode(reader.next().text) };
  if (reader.take('['))
    return listOf(
      reader.list(']', () => parseValue(reader, scope, parseGraph, depth + 1)),
      token,
    );
  if (reader.take('@')) return { kind: 'ref', value: reader.name() };
  if (token.kind !== 'name') return fault(token, `expected a value, found ${token.text}`);
  const after = reader.peek(1);
  if (token.text === 'graph' && (after.kind === 'string' || after.text === '{'))
    return { kind: 'graph', value: parseBody(reader, scope, parseGraph) };
  if (after.kind === 'string' && (token.text === 'blob' || token.text === 'text')) {
    reader.next();
    return { kind: token.text === 'blob' ? 'other' : 'string', value: parseBase64(reader) };
  }
  if (after.text === '[' && reader.peek(2).text === ']' && !reader.peek(3).text.startsWith('{')) {
    reader.next();
    reader.next();
    reader.next();
    return emptyList(token.text, token);
  }
  return { kind: 'tensor', value: parseTensor(reader, undefined) as Tensor };
};
