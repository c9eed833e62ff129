import type { Machine } from '../../contracts/index.ts';
import type { Block, Cell } from '../blocks.ts';
import { reuseText } from '../reuse.ts';
import { bytes, duration } from '../numbers.ts';
import { listed, plural } from '../text.ts';
import { percentOf, type View } from '../view.ts';
import { caveatBlocks } from './caveats.ts';
import { methodBlocks } from './methods.ts';
import { nounOf, ratioSpread } from './phrases.ts';

/** "sha256:1a2b3c4d5e6f…": enough to compare by eye; the whole is in the records. */
const shortDigest = (digest: string): string => (digest.length > 20 ? `${digest.slice(0, 19)}…` : digest);

const machineText = (machine: Machine): string =>
  [
    machine.cpu,
    plural(machine.cores, 'core'),
    ...(machine.cgroupCpuLimit === null ? [] : [`limited to ${machine.cgroupCpuLimit} CPUs`]),
    `${bytes(machine.memoryBytes)} memory`,
    ...(machine.instructionSets.length === 0 ? [] : [machine.instructionSets.join(' ')]),
    ...(machine.governor === null ? [] : [`governor ${machine.governor}`]),
  ].join(', ');

const titleOf = (view: View, id: string): string => {
  const metric = view.metrics.get(id);
  return metric === undefined ? id : nounOf(metric);
};

/** Metrics that the check names at most. */
const mostAgain = 4;

/** The original against itself in the same session: what the measurement makes of no difference at all. */
const againItems = (view: View): { label: string; value: string }[] => {
  const found = (view.baseline.measured.get('evaluation') ?? []).flatMap(({ metric, slice, versus }) =>
    versus === undefined || slice !== undefined || versus.kind !== 'ratio' || versus.evidence.kind === 'exact'
      ? []
      : [{ metric, versus }],
  );
  if (found.length === 0) return [];
  const odd = found.filter(({ versus }) => versus.low > 1 || versus.high < 1);
  const fine = odd.length === 0;
  // All of a few; of many those that stand out, or the first few.
  const told = found.length <= mostAgain ? found : fine ? found.slice(0, mostAgain) : odd;
  const lines = told.map(({ metric, versus }) => `${titleOf(view, metric)} ${ratioSpread(versus)}`);
  const rest = found.length - told.length;
  if (rest > 0) lines.push(plural(rest, 'more metric'));
  return [
    {
      label: 'A/A check',
      value: `The original ran twice in each session, as if it were two versions. Difference found: ${listed(lines)}; ${fine ? 'no real difference, as it should be' : 'it should be none, so take the times with care'}.`,
    },
  ];
};

/** What the time went into; nothing where nothing took time. */
const spentBlocks = ({ spent: { seconds, parts } }: View): Block[] => {
  if (seconds <= 0) return [];
  const row = (what: string, own: number): Cell[] => [
    { kind: 'text', text: what },
    { kind: 'text', text: duration(own) },
    { kind: 'text', text: `${Math.round((100 * own) / seconds)} %` },
  ];
  return [
    {
      kind: 'details',
      title: 'What the time went into',
      blocks: [
        {
          kind: 'table',
          caption: 'Time by the clock',
          columns: [
            { title: 'Work', align: 'start' },
            { title: 'Time', align: 'end' },
            { title: 'Share', align: 'end' },
          ],
          rows: [...parts.map((part) => row(part.what, part.seconds)), row('Together', seconds)],
          notes: [
            'Each moment counts once, for the innermost thing that went on then; training a network is part of building it.',
          ],
        },
      ],
    },
  ];
};

/** (h) How it was measured, for those who have to check it. */
export const methodSection = (view: View): Block[] => {
  const { run } = view;
  const reused = reuseText(view.records);
  const data = Object.entries(run.data).map(([name, { path, digest, rows }]) => ({
    label: `Data: ${name === 'holdback' ? 'held back' : name}`,
    value: `${plural(rows, 'row')} of ${path}, ${shortDigest(digest)}`,
  }));
  const seed = (run.scenario as { seed?: unknown } | null)?.seed;
  return [
    { kind: 'heading', level: 2, text: 'How it was measured', minor: true },
    {
      kind: 'facts',
      items: [
        { label: 'Scenario', value: run.scenarioFile },
        {
          label: 'Original model',
          value: `${run.model.source}, ${plural(run.model.parameters, 'parameter')}, ${bytes(run.model.sizeBytes)}, ${shortDigest(run.model.digest)}`,
        },
        ...data,
        { label: 'Machine', value: machineText(run.machine) },
        { label: 'System', value: `${run.machine.os}, kernel ${run.machine.kernel}` },
        {
          label: 'Versions',
          value: `Steelyard ${run.machine.steelyard}, ONNX Runtime ${run.machine.onnxruntime}, Node.js ${run.machine.node}`,
        },
        {
          label: 'Confidence',
          value: `${percentOf(view.confidence)}: of 100 claims at this confidence, at most ${Number((100 - view.confidence * 100).toFixed(2))} may be wrong by chance`,
        },
        ...againItems(view),
        ...(typeof seed === 'number' ? [{ label: 'Random seed', value: String(seed) }] : []),
        { label: 'Started', value: run.at.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC') },
        { label: 'Time spent', value: `${duration(view.spent.seconds)} by the clock` },
        ...(reused === null ? [] : [{ label: 'From earlier runs', value: `${reused}; nothing that was timed` }]),
      ],
    },
    ...spentBlocks(view),
    ...caveatBlocks(view),
    ...methodBlocks(view),
    ...stepBlocks(view),
  ];
};

/** What the techniques did to build the version that the report is about. */
const stepBlocks = (view: View): Block[] => {
  const outcome = view.subject?.build?.outcome;
  if (outcome?.kind !== 'built') return [];
  const items = outcome.steps.map(({ technique, version, options, changes, skipped }) => {
    const given = Object.entries(options).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
    return `${technique} version ${version}${given.length > 0 ? ` (${given.join(', ')})` : ''}: ${plural(changes.length, 'place')} rewritten, ${plural(skipped.length, 'place')} left as before.`;
  });
  const { verification } = outcome;
  return [
    { kind: 'heading', level: 3, text: `How ${view.subject!.id} was built` },
    {
      kind: 'list',
      items: [
        ...items,
        ...(verification === null
          ? []
          : [
              `Checked against the original on ${plural(verification.inputs, 'real input')}: the outputs differ by ${Number((verification.relativeError * 100).toPrecision(2))} % (relative L2 norm)${verification.tolerance === null ? '. It is another network, so only its answers are held against the original’s.' : `; up to ${Number((verification.tolerance * 100).toPrecision(2))} % is allowed for these techniques.`}`,
            ]),
        ...outcome.files.map(({ name, digest, sizeBytes }) => `File ${name}: ${bytes(sizeBytes)}, ${digest}`),
      ],
    },
  ];
};
