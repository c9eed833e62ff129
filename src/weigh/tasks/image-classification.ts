import {
  SteelyardError,
  type DataType,
  type Dim,
  type Example,
  type Task,
  type ValueInfo,
} from '../../contracts/index.ts';
import { castValue } from './cast.ts';
import { fingerprintOf } from './fingerprint.ts';
import { decodeImage, prepare, toChannels, type Layout, type Preprocessor } from './image/index.ts';
import { readScores } from './scores.ts';

export interface ImageTaskParts {
  readonly labels: readonly string[];
  readonly inputs: readonly ValueInfo[];
  readonly output: string;
  readonly preprocessor: Preprocessor;
}

const isDepth = (dim: Dim | undefined): dim is 1 | 3 => dim === 1 || dim === 3;

/** How the model takes pictures, from its declared shape: the axis of 1 or 3 channels is the second or the last; otherwise the second, of 3. */
const slotOf = (inputs: readonly ValueInfo[]) => {
  const [input, second] = inputs;
  if (
    input?.type?.kind !== 'tensor' ||
    second !== undefined ||
    (input.type.dims !== null && input.type.dims.length !== 4)
  )
    throw new SteelyardError(
      'task/input',
      `image-classification feeds one input of four axes; the model has: ${inputs.map(({ name }) => name).join(', ')}`,
      'describe it as tensor-classification and give arrays',
    );
  const { dtype, dims } = input.type;
  const last = !isDepth(dims?.[1]) && isDepth(dims?.[3]);
  const depth = last ? dims?.[3] : dims?.[1];
  const layout: Layout = last ? 'channels-last' : 'channels-first';
  return { name: input.name, dtype, dims: dims ?? null, layout, channels: isDepth(depth) ? depth : (3 as const) };
};

const fits = (dims: readonly number[], declared: readonly Dim[] | null): boolean =>
  declared === null ||
  dims.every((size, axis) => typeof declared[axis + 1] !== 'number' || declared[axis + 1] === size);

/** Pictures in, one row of scores out; prepared as preprocessor_config.json says. Gray and RGB are converted to what the model takes.
 *  Shapes: feeds [examples, channels, height, width], or with the channels last. Pictures are decoded each time they are fed: keeping them would
 *  take more memory than the model. Errors: `data/image`, `task/input`, `task/preprocessor`, `task/output`, `task/not-finite`. */
export const imageClassification = ({ labels, inputs, output, preprocessor }: ImageTaskParts): Task => {
  const slot = slotOf(inputs);
  const one = (example: Example): ReturnType<typeof prepare> => {
    if (example.image === undefined)
      throw new SteelyardError(
        'task/input',
        `example ${example.id} has no picture`,
        'map the column: data.columns.image',
      );
    const pixels = toChannels(decodeImage(example.image, `the picture of example ${example.id}`), slot.channels);
    const prepared = prepare(pixels, preprocessor, slot.layout);
    if (!fits(prepared.dims, slot.dims))
      throw new SteelyardError(
        'task/input',
        `the picture of example ${example.id} becomes [${prepared.dims.join(', ')}], the model takes [${(slot.dims ?? []).map((dim) => dim ?? '?').join(', ')}] with the batch first`,
        'state the size that the model takes in preprocessor_config.json',
      );
    return prepared;
  };
  // Pictures of their own size are only known by it once they are decoded.
  const sizes = new WeakMap<Example, string>();
  const free = preprocessor.crop === null && preprocessor.resize?.size.kind !== 'exact';
  return {
    id: 'image-classification',
    labels,
    output,
    fingerprint: fingerprintOf(['image-classification', 1, labels, output, slot, preprocessor]),
    bucket(example) {
      if (!free) return '';
      const known = sizes.get(example) ?? one(example).dims.join('x');
      sizes.set(example, known);
      return known;
    },
    encode(examples) {
      const rows = examples.map(one);
      const dims = rows[0]?.dims ?? [0, 0, 0];
      const odd = rows.findIndex((row) => row.dims.join() !== dims.join());
      if (odd >= 0)
        throw new SteelyardError(
          'task/input',
          `the pictures of examples ${examples[0]!.id} and ${examples[odd]!.id} have the shapes [${dims.join(', ')}] and [${rows[odd]!.dims.join(', ')}]`,
          'feed them in separate batches, or resize them to one size',
        );
      const size = dims.reduce((product, dim) => product * dim, 1);
      const data = new Float32Array(rows.length * size);
      for (const [at, row] of rows.entries()) data.set(row.data, at * size);
      const value = { dtype: 'float32' as DataType, dims: [rows.length, ...dims], data };
      return {
        feeds: { [slot.name]: castValue(value, slot.dtype, `input "${slot.name}"`) },
        truncated: 0,
        tokens: rows.length * dims.reduce((product, dim) => product * dim, 1),
      };
    },
    decode: (result, count) => readScores(result, output, count, labels.length),
  };
};
