import type { Attribute, DataType, Graph, Model, Node } from '../../contracts/index.ts';
import { checkTypes, declaredType } from './check-types.ts';
import type { TypeOf } from './check-types.ts';
import { newestOpset, operatorSchema } from './operators.ts';
import type { OperatorSchema } from './operators.ts';

/** Something wrong with a model. An error keeps it from being loaded or understood; a warning may be fine. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** Which part: "node conv1 (Conv)", "graph", "model". */
  readonly where: string;
  readonly what: string;
}

const enough = 200;

interface Run {
  readonly model: Model;
  readonly report: (severity: Problem['severity'], where: string, what: string) => void;
  readonly functions: ReadonlySet<string>;
}

const label = (node: Node, index: number): string => {
  const name = node.name || node.outputs.find((output) => output !== '') || `number ${index}`;
  return `node ${name} (${node.domain === '' ? '' : `${node.domain}.`}${node.op})`;
};

/** Where a subgraph can see names of the graphs around it. */
type Visible = (name: string) => boolean;

const subgraphsOf = (attribute: Attribute): readonly Graph[] =>
  attribute.kind === 'graph' ? [attribute.value] : attribute.kind === 'graphs' ? attribute.value : [];

/** Operators that ONNX Runtime adds to every version of ai.onnx. Source: ONNX Runtime, contrib_defs, since version 1. */
const runtimeOperators: ReadonlySet<string> = new Set(['LayerNormalization', 'SimplifiedLayerNormalization']);

/** Checks the node against its operator's schema and returns that; null when there is none to check against. */
const checkOperator = (node: Node, where: string, { model, report, functions }: Run): OperatorSchema | null => {
  const unchecked = (severity: Problem['severity'], what: string): null => {
    report(severity, where, what);
    return null;
  };
  if (node.op === '') return unchecked('error', 'it names no operator');
  if (functions.has(`${node.domain}|${node.op}`)) return null;
  const opset = model.opsets.get(node.domain);
  if (opset === undefined)
    // Runtimes take the newest version of a known domain that the model forgot to import, but not of ONNX itself.
    return unchecked(
      node.domain === '' ? 'error' : 'warning',
      `the model does not import the operator set "${node.domain || 'ai.onnx'}"`,
    );
  const newest = newestOpset(node.domain);
  if (newest === null) return null;
  const schema = operatorSchema(node.domain, node.op, opset);
  if (schema === null && node.domain === '' && runtimeOperators.has(node.op)) return null;
  if (schema === null || schema.deprecated)
    return unchecked(
      'warning',
      schema === null
        ? `the operator is unknown in version ${opset} of ${node.domain || 'ai.onnx'}`
        : `the operator was withdrawn in version ${schema.sinceVersion}`,
    );
  const arity = (what: string, count: number, [least, most]: readonly [number, number]): void => {
    if (count < least || count > most) {
      const expected = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
      report('error', where, `it has ${count} ${what}, expected ${expected}`);
    }
  };
  arity('inputs', node.inputs.length, schema.inputs);
  arity('outputs', node.outputs.length, schema.outputs);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    const known = schema.attributes.get(name);
    if (known === undefined) report('error', where, `it has the unknown attribute ${JSON.stringify(name)}`);
    else if (attribute.kind !== known.kind && attribute.kind !== 'ref')
      report('error', where, `its attribute ${name} is of kind ${attribute.kind}, expected ${known.kind}`);
  }
  for (const [name, { required }] of schema.attributes)
    if (required && !Object.hasOwn(node.attributes, name)) report('error', where, `its attribute ${name} is missing`);
  return schema;
};

const checkGraph = (graph: Graph, place: string, outer: Visible, outerType: TypeOf, run: Run): void => {
  const { report } = run;
  const defined = new Set<string>();
  const define = (name: string, where: string): void => {
    if (defined.has(name)) report('error', where, `the name ${JSON.stringify(name)} is defined twice`);
    else if (outer(name)) report('warning', where, `the name ${JSON.stringify(name)} hides one of the graph around it`);
    defined.add(name);
  };
  const types = new Map<string, DataType>();
  const typeOf: TypeOf = (name) => types.get(name) ?? (defined.has(name) ? undefined : outerType(name));
  for (const input of graph.inputs) {
    if (input.name === '') report('error', place, 'an input has no name');
    define(input.name, place);
    const type = declaredType(input);
    if (type) types.set(input.name, type);
  }
  for (const [name, { dtype }] of graph.initializers) {
    const stated = types.get(name);
    if (stated !== undefined && stated !== dtype)
      report('error', place, `the input ${JSON.stringify(name)} is ${stated}, but its default is ${dtype}`);
    types.set(name, dtype);
  }
  const stated = new Map<string, DataType | undefined>();
  for (const value of [...graph.values.values(), ...graph.outputs]) stated.set(value.name, declaredType(value));
  // An initializer may share its name with an input: then it is that input's default.
  for (const name of [...graph.initializers.keys(), ...(graph.sparse?.keys() ?? [])]) {
    if (name === '') report('error', place, 'an initializer has no name');
    if (!defined.has(name)) define(name, place);
  }
  const produced = new Set(graph.nodes.flatMap((node) => node.outputs));
  const visible: Visible = (name) => defined.has(name) || outer(name);
  graph.nodes.forEach((node, index) => {
    const where = label(node, index);
    for (const input of node.inputs) {
      if (input === '' || visible(input)) continue;
      const why = produced.has(input) ? 'before it is computed: the nodes are not in order' : 'but nothing produces it';
      report('error', where, `it uses ${JSON.stringify(input)} ${why}`);
    }
    const schema = checkOperator(node, where, run);
    const outputTypes = schema ? checkTypes(node, schema, typeOf, (what) => report('error', where, what)) : [];
    for (const attribute of Object.values(node.attributes))
      for (const inner of subgraphsOf(attribute)) checkGraph(inner, `${place} in ${where}`, visible, typeOf, run);
    node.outputs.forEach((output, position) => {
      if (output === '') return;
      define(output, where);
      const known = outputTypes[position];
      const declared = stated.get(output);
      if (known && declared && known !== declared)
        report('error', where, `its output ${JSON.stringify(output)} is ${known}, but the model states ${declared}`);
      const type = known ?? declared;
      if (type) types.set(output, type);
    });
  });
  const outputs = new Set<string>();
  for (const { name } of graph.outputs) {
    if (!visible(name)) report('error', place, `its output ${JSON.stringify(name)} is produced by nothing`);
    if (outputs.has(name)) report('warning', place, `it lists the output ${JSON.stringify(name)} twice`);
    outputs.add(name);
  }
};

/** What is wrong with a model: names (each defined once), order (nodes after what they use), dangling inputs and outputs, subgraph scopes,
 *  operator set imports, and for operators of ONNX itself the number and element types of inputs and outputs and the attributes. Operators that the imported
 *  version does not have are warnings: a runtime may know them. Reads no weights. At most 200 problems are listed.
 *  Errors: none. Source: ONNX, docs/IR.md. */
export const checkModel = (model: Model): Problem[] => {
  const problems: Problem[] = [];
  const report: Run['report'] = (severity, where, what) => {
    if (problems.length < enough) problems.push({ severity, where, what });
  };
  if (model.irVersion < 1) report('error', 'model', 'it states no IR version');
  for (const [domain, version] of model.opsets) {
    const newest = newestOpset(domain);
    if (version < 1) report('error', 'model', `version ${version} of "${domain || 'ai.onnx'}" does not exist`);
    else if (newest !== null && version > newest)
      report(
        'warning',
        'model',
        `version ${version} of "${domain || 'ai.onnx'}" is newer than what is known here (${newest})`,
      );
  }
  const functions = new Set(model.functions.map(({ domain, name }) => `${domain}|${name}`));
  checkGraph(
    model.graph,
    'graph',
    () => false,
    () => undefined,
    { model, report, functions },
  );
  return problems;
};
