import type { DataType, Model, Tensor, ValueInfo } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import type { Anatomy, Block, Columns } from '../anatomy/index.ts';
import { emitter, extend, int, type Emitter } from '../writing/emit.ts';
import type { Signature } from '../training/encoder.ts';
import {
  distillation,
  hiddenStates,
  relations,
  relationScores,
  weightedCrossEntropy,
  weightedSum,
} from '../training/losses.ts';
import { followed } from './shape.ts';

/** How much each loss counts; 0: not at all. */
export interface LossWeights {
  readonly logits: number;
  readonly labels: number;
  readonly hidden: number;
  readonly relations: number;
}

/** A loss over a student and a teacher's answers, ready for `learn`. */
export interface Objective {
  /** Outputs: the loss, then each part of it by itself. */
  readonly model: Model;
  /** Weights that only the loss has: projections of hidden states. */
  readonly helpers: ReadonlyMap<string, Tensor>;
  /** Inner value of the teacher → input of the objective that it feeds. */
  readonly inner: ReadonlyMap<string, string>;
}

/** Inputs that every objective has: the teacher's scores float32 [batch, classes]; right classes int64 [batch] (−1: unknown); and
 *  how much each row's label counts, float32 [batch]. */
export const teacherScores = 'distill/teacher_scores';
export const rightLabels = 'distill/labels';
export const labelWeights = 'distill/label_weights';

const info = (name: string, dtype: DataType, dims: readonly (number | null)[]): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype, dims },
});

/** 1 at tokens and 0 at padding, float32 [batch, tokens]. */
const presence = (to: Emitter, { ids, mask, padToken, inputs }: Signature): string => {
  if (mask !== null) return to.emit('Cast', [mask], { to: int(1) });
  if (padToken === null) {
    // 1 everywhere.
    const same = to.emit('Equal', [ids, ids]);
    return to.emit('Cast', [same], { to: int(1) });
  }
  const type = inputs.find(({ name }) => name === ids)?.type;
  const pad = to.scalar(type?.kind === 'tensor' ? type.dtype : 'int64', padToken);
  return to.emit('Cast', [to.emit('Not', [to.emit('Equal', [ids, pad])])], { to: int(1) });
};

/** Columns of a layer's result as a value of their own. */
const part = (to: Emitter, { result, from, to: end, linear }: Columns, value: string = result!): string =>
  from === 0 && end === linear.n
    ? value
    : to.emit('Slice', [value, to.integers([from]), to.integers([end]), to.integers([2])]);

/** Where the values that relations are made of can be seen; null where an operator keeps them to itself. */
const related = ({ attention }: Block): readonly Columns[] | null => {
  const parts = [attention.query, attention.key, attention.value];
  return attention.heads === attention.keyHeads && parts.every(({ result }) => result !== null) ? parts : null;
};

/** Why relations cannot be compared, or null. Heads of another number or size are cut anew, as MiniLMv2 does. */
export const relationsFault = (teacher: Anatomy, heads: number): string | null => {
  const last = teacher.blocks.at(-1)!;
  if (related(last) === null)
    return 'the original keeps query, key and value inside a fused or grouped attention operator: use relations 0, or the unfused model';
  const { heads: own, headWidth } = last.attention;
  return (own * headWidth) % heads === 0
    ? null
    : `the original’s attention of ${own * headWidth} columns cannot be cut into ${heads} relation heads`;
};

/** Pairs of hidden states: the embeddings, and each block of the student with the block of the teacher that it follows. */
const hiddenPairs = (student: Anatomy, teacher: Anatomy): (readonly [string, string])[] => [
  [student.embedded, teacher.embedded],
  ...followed(student.blocks.length, teacher.blocks.length).map(
    (from, layer) => [student.blocks[layer]!.output, teacher.blocks[from]!.output] as const,
  ),
];

/** The loss of a student against the answers of its teacher: weights · (KL of softened scores, cross-entropy with known labels, mean squared
 *  difference of hidden states through a learned projection, KL of attention and of value relations in the last block).
 *  Both anatomies are needed for hidden states and relations alone. `project` is where the projections start: [student's width,
 *  teacher's width], or null for the identity.
 *  Sources: Hinton et al. 2015 (scores); Jiao et al. 2020 (hidden states); Wang et al. 2020 (relations). */
export const objectiveOf = (
  student: Model,
  signature: Signature,
  classes: number,
  weights: LossWeights,
  temperature: number,
  inner: { readonly student: Anatomy; readonly teacher: Anatomy; readonly project: Float32Array | null } | null,
): Objective => {
  const inputs: ValueInfo[] = [
    ...student.graph.inputs,
    info(teacherScores, 'float32', [null, classes]),
    info(rightLabels, 'int64', [null]),
    info(labelWeights, 'float32', [null]),
  ];
  const taught = new Map<string, string>();
  const feed = (value: string, width: number): string => {
    const known = taught.get(value);
    if (known !== undefined) return known;
    const name = `distill/teacher/${value}`;
    taught.set(value, name);
    inputs.push(info(name, 'float32', [null, null, width]));
    return name;
  };
  const to = emitter({ ...student, graph: { ...student.graph, inputs } });
  const helpers = new Map<string, Tensor>();
  const parts: { readonly name: string; readonly loss: string; readonly weight: number }[] = [];
  const scores = signature.output.name;
  if (weights.logits !== 0)
    parts.push({
      name: 'scores',
      loss: distillation(to, scores, teacherScores, temperature),
      weight: weights.logits,
    });
  if (weights.labels !== 0)
    parts.push({
      name: 'labels',
      loss: weightedCrossEntropy(to, scores, rightLabels, labelWeights, classes, 0),
      weight: weights.labels,
    });
  if (inner !== null && (weights.hidden !== 0 || weights.relations !== 0)) {
    const present = presence(to, signature);
    if (weights.hidden !== 0) {
      const [own, theirs] = [inner.student.width, inner.teacher.width];
      const pairs = hiddenPairs(inner.student, inner.teacher);
      const losses = pairs.map(([mine, other], at) => {
        const start = inner.project ?? identity(own, theirs);
        const helper = to.fresh(`distill/projection/${at}`);
        helpers.set(helper, tensor('float32', [own, theirs], start.slice()));
        const seen = to.emit('MatMul', [mine, helper]);
        return [hiddenStates(to, seen, feed(other, theirs), present), 1 / pairs.length] as const;
      });
      parts.push({ name: 'hidden', loss: weightedSum(to, losses), weight: weights.hidden });
    }
    if (weights.relations !== 0) {
      const [mine, other] = [inner.student.blocks.at(-1)!, inner.teacher.blocks.at(-1)!];
      const heads = mine.attention.heads;
      const theirWidth = other.attention.heads * other.attention.headWidth;
      const [query, key, value] = related(mine)!.map((one) => part(to, one));
      const [tQuery, tKey, tValue] = related(other)!.map((one) => part(to, one, feed(one.result!, one.linear.n)));
      const size = mine.attention.headWidth;
      const theirSize = theirWidth / heads;
      const compare = (x: string, y: string, tx: string, ty: string): string =>
        relations(
          to,
          relationScores(to, x, y, present, heads, size),
          relationScores(to, tx, ty, present, heads, theirSize),
          present,
        );
      const attention = compare(query!, key!, tQuery!, tKey!);
      const values = compare(value!, value!, tValue!, tValue!);
      parts.push({
        name: 'relations',
        loss: to.emit('Add', [attention, values]),
        weight: weights.relations,
      });
    }
  }
  const whole = weightedSum(
    to,
    parts.map(({ loss, weight }) => [loss, weight] as const),
  );
  const outputs = [
    to.emit('Identity', [whole], {}, 'loss'),
    ...parts.map(({ name, loss }) => to.emit('Identity', [loss], {}, `${name} loss`)),
  ];
  const extended = extend({ ...student, graph: { ...student.graph, inputs } }, to);
  return {
    model: {
      ...extended,
      graph: {
        ...extended.graph,
        outputs: outputs.map((name) => info(name, 'float32', [])),
        initializers: new Map([...extended.graph.initializers, ...helpers]),
      },
    },
    helpers,
    inner: taught,
  };
};

/** Ones on the diagonal of [rows, columns]. */
const identity = (rows: number, columns: number): Float32Array => {
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return values;
};
