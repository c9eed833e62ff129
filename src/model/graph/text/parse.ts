import type { Model, Tensor } from '../../../contracts/index.ts';
import { defaults } from './grammar.ts';
import { usesDomain } from './print.ts';
import { createReader } from './reader.ts';
import { parseGraph } from './statements.ts';
import { fault, tokensOf } from './tokens.ts';

export interface ParseOptions {
  /** Weights for tensors written as `{...}`, by name. */
  readonly tensors?: Readonly<Record<string, Tensor>>;
}

/** A model from its text form: see `grammar.ts`. `parseText('a = Identity(x); b = Relu(a)')`.
 *  Errors, with line and column: `text/syntax`; `text/type` for an unknown data type or a value of the wrong kind;
 *  `text/elided` for weights that are not shown and not given; `text/duplicate` for a name defined twice. */
export const parseText = (text: string, options: ParseOptions = {}): Model => {
  const reader = createReader(tokensOf(text));
  const opsets = new Map<string, number>();
  let irVersion: number = defaults.ir;
  let name: string = defaults.graph;
  const header = (): boolean => {
    const first = reader.peek();
    const second = reader.peek(1);
    if (first.kind !== 'name' || (first.fresh === second.fresh && second.kind === 'end')) return false;
    if (first.text === 'ir' && second.kind === 'number') {
      reader.next();
      irVersion = reader.integer();
    } else if (first.text === 'graph' && second.kind === 'string') {
      reader.next();
      name = reader.next().text;
    } else if (first.text === 'opset' && (second.kind === 'number' || reader.peek(2).kind === 'number')) {
      reader.next();
      const domain = reader.peek().kind === 'number' ? '' : reader.name();
      const version = reader.integer();
      if (opsets.has(domain)) fault(first, `opset ${domain} is stated twice`, 'text/duplicate');
      opsets.set(domain, version);
    } else return false;
    return true;
  };
  const graph = parseGraph(reader, { ...options, header, top: true });
  if (!reader.at('end')) fault(reader.peek(), `expected a statement, found ${reader.peek().text}`);
  if (!opsets.has('')) opsets.set('', defaults.opset);
  else if (opsets.get('') === 0) opsets.delete('');
  if (!opsets.has('com.microsoft') && usesDomain(graph, 'com.microsoft'))
    opsets.set('com.microsoft', defaults.microsoft);
  return {
    irVersion,
    producer: '',
    graph: { ...graph, name },
    opsets,
    metadata: new Map(),
    functions: [],
  };
};
