import { expect, test } from 'vitest';
import { defaultSessionOptions, type SessionOptions } from '../../contracts/index.ts';
import type { Block } from '../blocks.ts';
import { fixture, type Ending } from '../testing/fixture.ts';
import { viewOf, type View } from '../view.ts';
import { deploySection } from './deploy.ts';

interface Served {
  readonly session?: Partial<SessionOptions>;
  readonly file?: string;
  readonly task?: string;
  readonly companions?: readonly string[];
}

const digest = `sha256:${'a'.repeat(64)}` as const;

/** The view of a run whose chosen version is served like this. */
const viewWith = (
  { session = {}, file = 'model_quantized.onnx', task, companions }: Served,
  ending: Ending = 'chosen',
) => {
  const view = viewOf(fixture(ending), []);
  const { subject, run } = view;
  if (subject === null || subject.build === null) return view;
  const files = [{ name: file, digest, sizeBytes: 1 }];
  return {
    ...view,
    run: { ...run, scenario: { task: { id: task ?? 'text-classification' } } },
    subject: {
      ...subject,
      build: {
        ...subject.build,
        outcome: {
          kind: 'built',
          files,
          ...(companions === undefined
            ? {}
            : { companions: companions.map((name) => ({ name, digest, sizeBytes: 1 })) }),
          sessionOptions: { ...defaultSessionOptions, ...session },
          steps: [],
          verification: null,
        },
      },
    },
  } as View;
};
const factsOf = (blocks: readonly Block[]): Record<string, string> =>
  Object.fromEntries(
    blocks.flatMap((block) => (block.kind === 'facts' ? block.items.map(({ label, value }) => [label, value]) : [])),
  );
const codeOf = (blocks: readonly Block[]): string =>
  blocks.flatMap((block) => (block.kind === 'code' ? [block.text] : [])).join('\n');

test('the file, its threads and the lines that open it', () => {
  const blocks = deploySection(viewWith({}));
  expect(factsOf(blocks)).toEqual({
    File: 'model/onnx/model_quantized.onnx in the run’s folder, with the original’s tokenizer and configuration beside it',
    Threads: '1 thread',
    Settings: 'under “session” in model/steelyard.json, for programs',
  });
  expect(codeOf(blocks)).toContain("pipeline('text-classification', 'model', {\n  dtype: 'q8',\n");
  expect(codeOf(blocks)).toContain('  session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },\n});');
});

test('how many requests share a call, and which', () => {
  expect(factsOf(deploySection(viewWith({ session: { batchSize: 8 } })))['Requests a call']).toMatch(
    /^8 of those that wait\. /,
  );
  expect(
    factsOf(deploySection(viewWith({ session: { batchSize: 8, sequenceBuckets: [16, 48] } })))['Requests a call'],
  ).toMatch(/^8 of those that wait, only such that fall between the same two of these lengths in tokens: 16, 48\. /);
});

test('settings that the runtime would not take by itself are in the code', () => {
  const blocks = deploySection(
    viewWith({
      file: 'model_mine.onnx',
      session: {
        intraOpThreads: 2,
        interOpThreads: 2,
        executionMode: 'parallel',
        memoryArena: false,
        config: { 'session.x64quantprecision': '1' },
      },
    }),
  );
  expect(factsOf(blocks)['Threads']).toBe('2 in an operator, 2 operators at a time');
  expect(codeOf(blocks)).toContain(
    "InferenceSession.create(\n  'model/onnx/model_mine.onnx',\n  { intraOpNumThreads: 2, interOpNumThreads: 2, " +
      "executionMode: 'parallel', enableCpuMemArena: false, extra: { 'session.x64quantprecision': '1' } },\n);",
  );
});

test('a task that no pipeline reads is opened with the runtime; a tokenizer of its own is named', () => {
  const blocks = deploySection(viewWith({ task: 'retrieval', companions: ['tokenizer.json'] }));
  expect(codeOf(blocks)).toContain('onnxruntime-node');
  expect(factsOf(blocks)['File']).toContain('with its own tokenizer.json; never mix it with the original’s');
});

test.each(['keep', 'nothing', 'unfinished'] as const)('nothing to run where no version was chosen: %s', (ending) => {
  expect(deploySection(viewWith({}, ending))).toEqual([]);
});
