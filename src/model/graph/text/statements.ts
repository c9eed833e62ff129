import type { Attribute, Graph, Node, Tensor, ValueInfo } from '../../../contracts/index.ts';
import { maximumNesting } from './grammar.ts';
import { impliedInputs, impliedOutputs } from './implied.ts';
import type { Reader } from './reader.ts';
import { parseTensor } from './tensors.ts';
import { fault } from './tokens.ts';
import { parseType } from './types.ts';
import { parseValue, type Scope } from './values.ts';

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
        value: parseValue(reader, scope, parseGraph),
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
