import {
  SteelyardError,
  type DataSource,
  type Example,
  type Feeds,
  type Model,
  type Session,
  type Value,
  type ValueInfo,
} from '../../contracts/index.ts';
import { readExamples } from '../../data/index.ts';
import { textInput } from '../../runtime/index.ts';
import { findModel, locateModel } from '../run/baseline.ts';
import { madeUpFeeds, sampleTexts } from '../run/made-up-inputs.ts';
import { taskOf } from '../run/task.ts';

/** What an endpoint is sent. */
export interface EndpointInputs {
  readonly feeds: readonly Feeds[];
  readonly source: string;
}

const most = 256;

const textsOf = async (
  data: string | undefined,
  column: string | undefined,
  base: string,
  seed: number,
): Promise<{ examples: readonly Example[]; source: string }> => {
  if (data === undefined) return { examples: sampleTexts, source: 'built-in sample texts' };
  const from: DataSource = {
    path: data,
    columns: { groups: [], ...(column === undefined ? {} : { text: column }) },
    limit: most,
  };
  const { examples } = await readExamples(from, base, { taskKind: 'text-classification', labelled: false, seed });
  return { examples, source: `${examples.length} rows of ${data}` };
};

const asText = ({ name, type }: ValueInfo, text: string): Readonly<Record<string, Value>> => {
  const rank = type?.kind === 'tensor' ? (type.dims?.length ?? 1) : 1;
  return { [name]: { dtype: 'string', dims: Array.from({ length: Math.max(1, rank) }, () => 1), data: [text] } };
};

/** Requests for an endpoint by what it says that it takes: texts as they are, token ids by the tokenizer of a model folder, else random numbers.
 *  Errors: `data/…`, `task/…`; `engine/inputs` when nothing fits. */
export const endpointInputs = async (
  session: Pick<Session, 'inputs'>,
  given: {
    readonly data?: string | undefined;
    readonly textColumn?: string | undefined;
    readonly tokenizer?: string | undefined;
    readonly base: string;
    readonly seed: number;
  },
): Promise<EndpointInputs> => {
  const { inputs } = session;
  const only = inputs.length === 1 ? inputs[0]! : null;
  const takesText = only?.type?.kind === 'tensor' && only.type.dtype === 'string';
  if (takesText) {
    const { examples, source } = await textsOf(given.data, given.textColumn, given.base, given.seed);
    return {
      feeds: examples.map(({ text }) =>
        only.name === textInput ? { [textInput]: { dtype: 'string', dims: [1], data: [text!] } } : asText(only, text!),
      ),
      source,
    };
  }
  if (given.tokenizer !== undefined) {
    const found = await findModel(await locateModel(given.tokenizer, given.base, () => undefined));
    const task = await taskOf({ id: 'text-classification' }, found);
    const { examples, source } = await textsOf(given.data, given.textColumn, given.base, given.seed);
    const wanted = new Set(inputs.map(({ name }) => name));
    const feeds = examples.map((example) =>
      Object.fromEntries(Object.entries(task.encode([example]).feeds).filter(([name]) => wanted.has(name))),
    );
    return { feeds, source };
  }
  if (given.data !== undefined)
    throw new SteelyardError(
      'engine/inputs',
      `the endpoint takes ${inputs.map(({ name }) => name).join(', ')}, which rows of ${given.data} are not`,
      'name the model folder whose tokenizer makes them from text: --tokenizer model/',
    );
  const feeds = madeUpFeeds({ graph: { inputs, initializers: new Map() } } as unknown as Model, given.seed, 1);
  if (feeds.length === 0)
    throw new SteelyardError(
      'engine/inputs',
      'no inputs can be made up for the types that the endpoint takes',
      'give texts with --data and --text, and the tokenizer with --tokenizer',
    );
  return { feeds, source: 'random inputs' };
};
