import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseScenario } from '../src/engine/scenario/index.ts';
import { parseTraining } from '../src/engine/train/train-config.ts';
import { evaluators, metrics } from '../src/weigh/index.ts';
import { techniques } from '../src/optimize/index.ts';
import { root, steelyard } from './cli.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

const readme = await readFile(join(root, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text!);
const commands = blocks('sh')
  .flatMap((block) => block.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '');

let folder: string;
beforeAll(async () => {
  folder = await temporary();
  // The names that the README uses, over a job that takes seconds.
  const { model, scenario } = await tinyJob(folder);
  const text = await readFile(scenario, 'utf8');
  for (const name of ['chat', 'kiosk'])
    await writeFile(join(folder, `${name}.yaml`), text.replace(/^name: .*$/m, `name: ${name}`));
  await mkdir(join(folder, 'my-model'));
  for (const name of ['model.onnx', 'model.steelyard.yaml'])
    await cp(join(dirname(model), name), join(folder, 'my-model', name));
  await writeFile(
    join(folder, 'training.yaml'),
    `model: my-model
task: { type: tensor-classification }
data: { columns: { id: id, label: label, groups: [side], tensors: { x: x } }, train: evaluation.jsonl, tests: { held: holdback.jsonl } }
settings: { epochs: 1 }
`,
  );
});
afterAll(() => remove(folder));

test('the two set-up commands are scripts of the package, and CI runs the tests the same way', async () => {
  expect(commands).toContain('npm ci && npm run demo');
  expect(commands).toContain('npm ci && npm test');
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['demo']).toContain('tune examples/support-desk/scenario.yaml');
  const ci = await readFile(join(root, '.ci/run'), 'utf8');
  for (const step of ['npm ci', 'npm run check', 'npm test']) expect(ci).toContain(step);
});

test('every steelyard command of the README runs as written', async () => {
  // Words as a shell reads them: those in quotes are one.
  const words = (line: string): string[] =>
    [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  const run = (line: string) => steelyard(words(line).slice(2), { cwd: folder });
  const written = commands.filter((line) => line.startsWith('npx steelyard '));
  expect(written.length).toBeGreaterThanOrEqual(6);
  const order = (line: string): number =>
    ['optimize', 'evaluate', 'tune', 'report', 'watch', 'choose'].indexOf(line.split(' ')[2]!);
  let id = '';
  for (const line of written.toSorted((a, b) => order(a) - order(b))) {
    const result = await run(line.replace('<id>', id));
    // How a run goes on is told there; nothing else may be.
    expect(result.err.replaceAll(/^\[[\d:]+\] .+\n/gm, ''), line).toBe('');
    expect(result.code, line).toBe(0);
    const verb = line.split(' ')[2];
    if (verb === 'optimize') {
      // What `evaluate` weighs: two copies of what was just made.
      await cp(join(folder, 'out'), join(folder, 'a'), { recursive: true });
      await cp(join(folder, 'out'), join(folder, 'b'), { recursive: true });
    }
    if (line.includes('chat.yaml')) expect(result.out).toContain('kiosk');
    else if (verb === 'tune') id = /runs\/([\w-]+)\/report\.html/.exec(result.out)![1]!;
  }
  await rename(join(folder, 'runs'), join(folder, 'done'));
}, 300_000);

test('the scenario and the training of the README are valid', async () => {
  const [yaml, training] = blocks('yaml');
  const scenario = await parseScenario('README.md', yaml!, metrics);
  expect(scenario.must).toHaveLength(3);
  expect(parseTraining('README.md', training!).settings.seconds).toBe(1200);
});

test('the README names every technique and every evaluator, and no metric that there is not', () => {
  for (const { id } of techniques) expect(readme).toContain(`\`${id}\``);
  for (const { id } of evaluators) expect(readme).toContain(`\`${id}\``);
  const table = readme.slice(readme.indexOf('## What is measured'), readme.indexOf('`npx steelyard metrics`'));
  const known = new Set([...evaluators, ...metrics].map(({ id }) => id));
  const named = [...table.matchAll(/`([a-z][a-z0-9/-]+)`/g)].map(([, id]) => id!);
  expect(named.filter((id) => !known.has(id) && id !== 'data.out-of-scope')).toEqual([]);
});
