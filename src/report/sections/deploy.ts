import { defaultSessionOptions, dtypeSuffixes, type SessionOptions } from '../../contracts/index.ts';
import type { Block } from '../blocks.ts';
import { listed, plural } from '../text.ts';
import type { View } from '../view.ts';

/** What transformers.js calls the file of this name. */
const dtypeOf = (file: string): string | undefined =>
  Object.entries(dtypeSuffixes).find(([, suffix]) => file === `model${suffix}.onnx`)?.[0];

/** Its pipelines that read what we do. Source: its documentation, "pipelines". */
const pipelines: ReadonlySet<string> = new Set([
  'text-classification',
  'token-classification',
  'question-answering',
  'image-classification',
]);

/** As ONNX Runtime for Node names them; what it does anyway is left out, but for the threads: it would take all cores. */
const runtimeOptions = (session: SessionOptions): Readonly<Record<string, unknown>> => {
  const usual = defaultSessionOptions;
  return {
    intraOpNumThreads: session.intraOpThreads,
    interOpNumThreads: session.interOpThreads,
    ...(session.graphOptimization === usual.graphOptimization
      ? {}
      : { graphOptimizationLevel: session.graphOptimization }),
    ...(session.executionMode === usual.executionMode ? {} : { executionMode: session.executionMode }),
    ...(session.memoryArena === usual.memoryArena ? {} : { enableCpuMemArena: session.memoryArena }),
    ...(session.memoryPattern === usual.memoryPattern ? {} : { enableMemPattern: session.memoryPattern }),
    ...(Object.keys(session.config).length === 0 ? {} : { extra: session.config }),
  };
};

const literal = (value: unknown): string =>
  typeof value !== 'object' || value === null
    ? typeof value === 'string'
      ? `'${value}'`
      : String(value)
    : `{ ${Object.entries(value)
        .map(([key, one]) => `${/^[a-z]\w*$/i.test(key) ? key : `'${key}'`}: ${literal(one)}`)
        .join(', ')} }`;

const withTransformers = (task: string, dtype: string, options: string): string =>
  [
    "import { env, pipeline } from '@huggingface/transformers';",
    '',
    "env.localModelPath = '.'; // the run’s folder",
    `const model = await pipeline('${task}', 'model', {`,
    `  dtype: '${dtype}',`,
    '  local_files_only: true,',
    `  session_options: ${options},`,
    '});',
  ].join('\n');

const withRuntime = (file: string, options: string): string =>
  [
    "import { InferenceSession } from 'onnxruntime-node';",
    '',
    '// in the run’s folder',
    'const model = await InferenceSession.create(',
    `  'model/onnx/${file}',`,
    `  ${options},`,
    ');',
  ].join('\n');

/** How many requests share a call, and which; null: as many as come. */
const callsOf = ({ batchSize = 1, sequenceBuckets = [] }: SessionOptions): string | null => {
  if (batchSize === 1) return null;
  const alike =
    sequenceBuckets.length === 0
      ? ''
      : `, only such that fall between the same two of these lengths in tokens: ${sequenceBuckets.join(', ')}`;
  return `${batchSize} of those that wait${alike}. Throughput and cost were measured like that; whoever serves the model has to collect them`;
};

const threadsOf = ({ intraOpThreads, interOpThreads, executionMode }: SessionOptions): string =>
  executionMode === 'parallel'
    ? `${intraOpThreads} in an operator, ${plural(interOpThreads, 'operator')} at a time`
    : plural(intraOpThreads, 'thread');

const taskOf = ({ scenario }: View['run']): string =>
  String((scenario as { readonly task?: { readonly id?: unknown } }).task?.id ?? '');

/** What was written, and how to run it as it was measured; nothing where no version was chosen. */
export const deploySection = (view: View): Block[] => {
  const { choice, subject } = view;
  const outcome = subject?.build?.outcome;
  if ((choice?.chosen ?? null) === null || outcome?.kind !== 'built' || outcome.files[0] === undefined) return [];
  const { sessionOptions: session, companions = [] } = outcome;
  const file = outcome.files[0].name;
  const options = literal(runtimeOptions(session));
  const dtype = dtypeOf(file);
  const task = taskOf(view.run);
  const calls = callsOf(session);
  const own =
    companions.length === 0
      ? 'with the original’s tokenizer and configuration beside it'
      : `with its own ${listed(companions.map(({ name }) => name))}; never mix it with the original’s`;
  return [
    { kind: 'heading', level: 2, text: 'How to run it', minor: true },
    {
      kind: 'facts',
      items: [
        { label: 'File', value: `model/onnx/${file} in the run’s folder, ${own}` },
        { label: 'Threads', value: threadsOf(session) },
        ...(calls === null ? [] : [{ label: 'Requests a call', value: calls }]),
        { label: 'Settings', value: 'under “session” in model/steelyard.json, for programs' },
      ],
    },
    {
      kind: 'code',
      text:
        dtype !== undefined && pipelines.has(task)
          ? withTransformers(task, dtype, options)
          : withRuntime(file, options),
    },
    {
      kind: 'paragraph',
      small: true,
      text: 'Times, memory and cost in this report hold for these settings.',
    },
  ];
};
