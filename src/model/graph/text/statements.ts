import type { Attribute, Dim, Graph, Node, Tensor, ValueInfo, ValueType } from '../../../contracts/index.ts';
import { dataTypes } from '../../tensor/index.ts';
import type { DataType } from '../../../contracts/index.ts';
import { maximumNesting } from './grammar.ts';
import { impliedInputs, impliedOutputs } from './implied.ts';
import type { Reader } from './reader.ts';
import { parseTensor } from './tensors.ts';
import { fault } from './tokens.ts';
import { parseValue } from './values.ts';

/** How a graph is read. */
export interface Scope {
  readonly tensors?: Readonly<Record<string, Tensor>>;
  /** Reads one header statement, if one is there. */
  readonly header?: () => boolean;
  /** Undefined names become inputs; in a body they come from outside. */
  readonly top?: boolean;
  readonly depth?: number;
}

const isDataType = (name: string): name is DataType => (dataTypes as readonly string[]).includes(name);

/** A data type's name. Errors: `text/type`. */
export const parseDataType = (reader: Reader): DataType => {
  const token = reader.peek();
  const name = reader.name();
  return isDataType(name) ? name : fault(token, `${name} is not a data type`, 'text/type');
};

const parseDim = (reader: Reader): Dim => {
  if (reader.take('?')) return null;
  return reader.peek().kind === 'number' ? reader.integer() : reader.name();
};

/** `[2, N, ?]` */
export const parseShape = (reader: Reader): readonly Dim[] => {
  reader.expect('[');
  return reader.list(']', () => parseDim(reader));
};

const parseType = (reader: Reader, depth = 0): ValueType | null => {
  if (depth > maximumNesting) fault(reader.peek(), 'types nest too deep');
  if (reader.take('?')) return null;
  const word = reader.peek().text;
  if (reader.peek().kind === 'name' && ['seq', 'optional', 'sparse', 'map'].includes(word)) {
    reader.next();
    reader.expect('(');
    if (word === 'map') {
      const key = parseDataType(reader);
      reader.expect(',');
      const value = parseType(reader, depth + 1);
      reader.expect(')');
      return { kind: 'map', key, value };
    }
    const inner = parseType(reader, depth + 1);
    const close = reader.expect(')');
    if (word === 'seq') return { kind: 'sequence', element: inner };
    if (word === 'optional') return { kind: 'optional', element: inner };
    return inner?.kind === 'tensor'
      ? { ...inner, kind: 'sparse' }
      : fault(close, 'sparse(…) holds a tensor type', 'text/type');
  }
  const dtype = parseDataType(reader);
  return { kind: 'tensor', dtype, dims: reader.at('[') ? parseShape(reader) : null };
};

const names = (reader: Reader): string => {
  const token = reader.peek();
  const name = reader.name();
  return token.kind === 'name' && name === '_' ? '' : name;
};

const parseNode = (reader: Reader, outputs: readonly string[], scope: Scope): Node => {
  const full = reader.name();
  const dot = full.lastIndexOf('.');
  reader.expect('(');
  const inputs = reader.list(')', () => names(reader));
  const attributes: Record<string, Attribute> = {};
  if (reader.take('{'))
    reader.list('}', () => {
      const at = reader.peek();
      const key = reader.name();
      if (Object.hasOwn(attributes, key)) fault(at, `attribute ${key} is given twice`, 'text/duplicate');
      reader.expect(':');
      Object.defineProperty(attributes, key, {
        value: parseValue(reader, scope),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    });
  const word = reader.peek();
  const named = word.kind === 'name' && word.text === 'as' && reader.peek(1).kind === 'string';
  if (named) reader.next();
  return {
    name: named ? reader.next().text : '',
    op: full.slice(dot + 1),
    domain: dot < 0 ? '' : full.slice(0, dot),
    inputs,
    outputs,
    attributes,
  };
};

/** The statements of a graph, up to a closing brace or the end. Errors: as for `parseText`. */
export const parseGraph = (reader: Reader, scope: Scope): Graph => {
  const depth = scope.depth ?? 0;
  if (depth > maximumNesting) fault(reader.peek(), `bodies nest more than ${maximumNesting} deep`);
  const inputs: ValueInfo[] = [];
  const nodes: Node[] = [];
  const initializers = new Map<string, Tensor>();
  const made = new Set<string>();
  let outputs: ValueInfo[] | null = null;

  const statement = (): void => {
    if (scope.header?.()) return;
    const start = reader.peek();
    if (reader.take('->')) {
      if (outputs) fault(start, 'the outputs are stated twice', 'text/duplicate');
      outputs = [];
      if (reader.at(';') || reader.at('}') || reader.peek().fresh) return;
      do outputs.push({ name: reader.name(), type: reader.take(':') ? parseType(reader) : null });
      while (reader.take(','));
      return;
    }
    if (reader.peek(1).kind === 'mark' && reader.peek(1).text === '(') {
      nodes.push(parseNode(reader, [], scope));
      return;
    }
    const first = names(reader);
    if (reader.take(':')) {
      if (inputs.some((one) => one.name === first)) fault(start, `input ${first} is declared twice`, 'text/duplicate');
      inputs.push({ name: first, type: parseType(reader) });
      return;
    }
    const targets = [first];
    while (reader.take(',')) targets.push(names(reader));
    reader.expect('=');
    for (const name of targets) {
      if (name !== '' && made.has(name)) fault(start, `${name} is defined twice`, 'text/duplicate');
      made.add(name);
    }
    const after = reader.peek(1);
    if (targets.length === 1 && after.kind === 'mark' && after.text === '[')
      initializers.set(first, parseTensor(reader, scope.tensors?.[first]));
    else nodes.push(parseNode(reader, targets, { ...scope, depth }));
  };

  while (!reader.at('end') && !reader.at('}')) {
    if (reader.take(';')) continue;
    statement();
    const next = reader.peek();
    if (!next.fresh && !reader.at(';') && !reader.at('}') && !reader.at('end'))
      fault(next, `expected ";" or a line end, found ${next.text}`);
  }
  const stated = outputs ?? impliedOutputs({ nodes });
  const defined = new Set([...initializers.keys(), ...inputs.map((one) => one.name)]);
  const implied = scope.top ? impliedInputs(nodes, defined, stated) : [];
  return {
    name: '',
    inputs: [...inputs, ...implied],
    outputs: stated,
    nodes,
    initializers,
    values: new Map(),
  };
};
