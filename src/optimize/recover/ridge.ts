import { defineTechnique, SteelyardError, type Model } from '../../contracts/index.ts';
import { labelOf } from '../../model/graph/index.ts';
import { anatomyOf, layersOf } from '../anatomy/index.ts';
import { viewOf } from '../anatomy/walk.ts';
import { matches } from '../linear.ts';
import { refit, type Wish } from './refit.ts';

const options = {
  damping: {
    kind: 'number',
    min: 1e-6,
    max: 1,
    default: 0.01,
    description:
      'How strongly layers are held to their present weights, as a share of the mean square of their inputs: more for little data.',
  },
  exclude: {
    kind: 'names',
    default: [],
    description: 'Layers that stay as they are; * matches any characters.',
  },
} as const;

const rowsOfWords = (model: Model): number | null => {
  const anatomy = anatomyOf(model);
  return 'blocks' in anatomy ? (anatomy.word?.rows ?? null) : null;
};

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

/** Fit the float layers of a changed model to what the model that it came from computed in their place. Shapes: unchanged.
 *  Errors: those of calibration. */
export const ridge = defineTechnique({
  id: 'recover/ridge',
  version: 2,
  title: 'Fit layers to the original, without gradients',
  source: 'Ridge regression (Hoerl and Kennard 1970), layer by layer on the calibration data',
  summary:
    'After pruning, factorizing or quantizing parts of a model, fits each linear layer that is still float32, in the order of the data, so that on the inputs it now gets its outputs come near to those of the original model. Closed form from second moments: takes seconds to minutes and no labels. Recovers a part of what a cut has cost; training recovers more. Speed and size stay.',
  options,
  needs: { calibration: 'required', training: false },
  fileSuffix: null,
  place: { stage: 'recovery', saves: [], with: ['factorize/*'], sameTokens: true },
  tolerance: () => null,
  check: (model) =>
    layersOf(viewOf(model)).all.length > 0
      ? null
      : { reason: 'the graph has no linear layer with a constant float32 weight', nodes: [] },
  async apply(model, { damping, exclude }, context) {
    const refuse = (reason: string) => ({ model, changes: [], skipped: [{ reason, nodes: [] }] });
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while fitting layers');
    const { original } = context;
    if (original === null) return refuse('there is no earlier model to come near to: use it after another technique');
    if (original === model) return refuse('the model is the original: there is nothing to recover');
    const [words, before] = [rowsOfWords(model), rowsOfWords(original)];
    if (words !== null && before !== null && words !== before)
      return refuse(
        `the original reads other token ids (${before} instead of ${words}): fit before the vocabulary is trimmed`,
      );
    const view = viewOf(original);
    const skipped = [];
    const wishes: Wish[] = [];
    for (const linear of layersOf(viewOf(model)).all) {
      const output = linear.node.outputs[0] ?? '';
      const width = view.sizes.dims(output)?.at(-1);
      const nodes = [labelOf(linear.node)];
      if (matches(linear.node, exclude)) skipped.push({ reason: 'excluded by the exclude option', nodes });
      else if (!view.draft.producer(output))
        skipped.push({ reason: 'the original computes nothing in its place', nodes });
      else if (view.sizes.dtype(output) !== 'float32')
        skipped.push({ reason: 'its outputs in the original are not float32', nodes });
      else if (width !== linear.n)
        skipped.push({
          reason: `it makes ${linear.n} outputs, the original ${width ?? 'an unknown number'} in its place`,
          nodes,
        });
      else wishes.push({ output, target: output, columns: null, width });
    }
    const found = await refit(model, original, wishes, context, damping);
    return {
      model: found.model,
      changes: found.layers.map(({ node, before: from, after }) => ({
        what: `fitted to the original: error of its outputs ${percent(from)} to ${percent(after)}`,
        nodes: [labelOf(node)],
      })),
      skipped: [
        ...skipped,
        ...found.skipped.map(({ reason, node }) => ({ reason, nodes: node ? [labelOf(node)] : [] })),
      ],
    };
  },
});
