import type { Graph, Node, Tensor, ValueInfo } from '../../contracts/index.ts';
import { graphValue } from '../../model/graph/index.ts';
import { int, type Emitter } from '../writing/emit.ts';

/** Where rows that are not sure enough go on. */
export interface Late {
  /** Nodes of the body, given the names under which it finds the gathered rows of each value of `gathered`. */
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  /** The scores that it computes: [unsure rows, classes], of the same type as the early ones. */
  readonly scores: string;
  /** Value outside → name inside: rows of these values are gathered for the body. */
  readonly gathered: ReadonlyMap<string, string>;
}

export interface Crossing {
  /** Scores of all rows [rows, classes], and how sure each row is [rows]. */
  readonly scores: string;
  readonly sureness: string;
  /** Scalar float32 initializer. */
  readonly threshold: string;
  /** The result's name and type. */
  readonly output: ValueInfo;
}

const node = (op: string, inputs: readonly string[], output: string, attributes: Node['attributes'] = {}): Node => ({
  name: output,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});

/** Writes nodes that answer with the early scores where they are sure enough, and let the other rows, and only those, go through `late`.
 *  Without such rows `late` does not run at all. A sureness that is no number counts as unsure.
 *  Shapes: the output is that of the early scores. Source: ONNX NonZero, Gather, If, ScatterND. */
export const route = (to: Emitter, { scores, sureness, threshold, output }: Crossing, late: Late): Node => {
  const sure = to.emit('GreaterOrEqual', [sureness, threshold], {}, 'exit/sure');
  const unsure = to.emit('Not', [sure], {}, 'exit/unsure');
  const places = to.emit('NonZero', [unsure], {}, 'exit/places');
  const rows = to.emit('Reshape', [places, to.integers([-1])], {}, 'exit/rows');
  const index = to.emit('Reshape', [places, to.integers([-1, 1])], {}, 'exit/row_index');
  const some = to.emit('Cast', [to.emit('Size', [rows])], { to: int(9) }, 'exit/some');
  const type = output.type;
  const body = (name: string, result: string, nodes: readonly Node[], initializers: Graph['initializers']): Graph => ({
    name,
    inputs: [],
    outputs: [{ name: result, type }],
    nodes,
    initializers,
    values: new Map(),
  });
  const [mixed, same] = [to.fresh('exit/late_result'), to.fresh('exit/early_result')];
  const late_ = [
    ...[...late.gathered].map(([outside, inside]) => node('Gather', [outside, rows], inside, { axis: int(0) })),
    ...late.nodes,
    node('ScatterND', [scores, index, late.scores], mixed),
  ];
  return {
    name: to.fresh('exit/if_some_are_unsure'),
    op: 'If',
    domain: '',
    inputs: [some],
    outputs: [output.name],
    attributes: {
      then_branch: graphValue(body('unsure_rows_go_on', mixed, late_, late.initializers)),
      else_branch: graphValue(body('all_rows_are_sure', same, [node('Identity', [scores], same)], new Map())),
    },
  };
};
