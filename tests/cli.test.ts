import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root, steelyard } from './cli.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await temporary();
});
afterAll(() => remove(folder));

const records = async (run: string): Promise<{ kind: string; key: string }[]> =>
  (await readFile(join(run, 'records.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .flatMap((line) => {
      const found = /\{.*\}/.exec(line);
      const parsed =
        found === null
          ? null
          : (JSON.parse(found[0]) as { record?: { kind: string; key: string }; kind?: string; key?: string });
      const record = parsed?.record ?? parsed;
      return record?.kind === undefined ? [] : [record as { kind: string; key: string }];
    });

describe('help', () => {
  test('answers fast, without loading a command', async () => {
    const own: number[] = [];
    const bare: number[] = [];
    for (let i = 0; i < 7; i++) {
      const started = performance.now();
      await run(process.execPath, ['-e', '0']);
      bare.push(performance.now() - started);
      const help = await steelyard(['--help']);
      own.push(help.ms);
      expect(help.code).toBe(0);
      expect(help.out).toContain('steelyard tune scenario.yaml');
    }
    // An idle machine answers in under 250 ms, of which Node itself takes most; beside it, ours is small on any machine.
    expect(Math.min(...own)).toBeLessThan(Math.max(250, 2.5 * Math.min(...bare)));
  });

  test.each([
    'tune',
    'evaluate',
    'choose',
    'watch',
    'report',
    'optimize',
    'inspect',
    'techniques',
    'metrics',
    'score',
    'selftest',
    'load',
  ])('%s --help has an example', async (name) => {
    const { code, out } = await steelyard([name, '--help']);
    expect(code).toBe(0);
    expect(out).toContain('Example:');
    expect(out).toContain('--json');
  });

  test('usage errors end with 2 and say what is known', async () => {
    expect(await steelyard(['tunne'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('unknown command "tunne"; did you mean "tune"?'),
    });
    expect(await steelyard(['tune', '--frobnicate', 'x'])).toMatchObject({ code: 2 });
    expect(await steelyard(['tune'])).toMatchObject({ code: 2 });
    expect(await steelyard(['help', 'tunne'])).toMatchObject({ code: 2 });
    expect((await steelyard([])).code).toBe(2);
    const wrong = await steelyard(['optimize', 'x', '-t', 'quantize/dynamik', '-o', 'y']);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "quantize/dynamic"?') });
  });
});

describe('a whole job', () => {
  test('tune chooses, confirms, writes a model folder and reports', async () => {
    const job = join(folder, 'tune');
    const candidates = '[fuse/drop-identity, quantize/dynamic, [fuse/drop-identity, quantize/blockwise]]';
    const { scenario } = await tinyJob(job, { candidates });
    const result = await steelyard(['tune', scenario, '--out', 'run', '--json'], { cwd: job });
    expect(result.err).toBe('');
    expect(result.code).toBe(0);
    const answer = JSON.parse(result.out) as {
      model: string;
      choice: { chosen: string; confirmation: { verdict: string } };
    };
    expect(answer.choice.confirmation.verdict).toBe('pass');
    expect(['quantize/dynamic', 'fuse/drop-identity + quantize/blockwise']).toContain(answer.choice.chosen);
    const receipt = JSON.parse(await readFile(join(answer.model, 'steelyard.json'), 'utf8')) as { steps: unknown[] };
    expect(receipt.steps.length).toBeGreaterThan(0);
    for (const name of ['report.html', 'report.md', 'report.json'])
      expect(existsSync(join(job, 'run', name))).toBe(true);
    const again = await steelyard(['report', 'run'], { cwd: job });
    expect(again.code).toBe(0);
    expect(again.out).toContain(answer.choice.chosen);
    for (const format of ['html', 'md', 'json'])
      expect((await steelyard(['report', 'run', '--format', format], { cwd: job })).code).toBe(0);

    // The same command again on the finished run repeats nothing.
    const before = await records(join(job, 'run'));
    const resumed = await steelyard(['tune', scenario, '--out', 'run', '--resume', '--json'], { cwd: job });
    expect(resumed.code).toBe(0);
    expect(await records(join(job, 'run'))).toEqual(before);

    // Other conditions, another choice, nothing measured: the run's records stay as they are.
    const other = await readFile(scenario, 'utf8');
    await writeFile(
      join(job, 'kiosk.yaml'),
      other.replace('name: tiny', 'name: kiosk').replace('better-by-at-least: 20 %', 'better-by-at-least: 99 %'),
    );
    const none = await steelyard(['choose', 'run', '--scenario', 'kiosk.yaml', '--json'], { cwd: job });
    expect(none.code).toBe(1);
    expect(JSON.parse(none.out)).toMatchObject({ before: answer.choice.chosen, choice: { chosen: null } });
    const loosened = ['choose', 'run', '--scenario', 'kiosk.yaml', '--waive', 'size', '--must', 'size at-most 1 MB'];
    const some = await steelyard([...loosened, '--write'], { cwd: job });
    expect(some.code).toBe(0);
    expect(some.out.replace(/\s+/g, ' ')).toContain('Nothing was measured for this decision');
    expect(existsSync(join(job, 'run', 'what-if', 'kiosk', 'model', 'steelyard.json'))).toBe(true);
    await writeFile(
      join(job, 'moved.yaml'),
      other.replace(/evaluation\.jsonl|holdback\.jsonl/g, (name) =>
        name.startsWith('e') ? 'holdback.jsonl' : 'evaluation.jsonl',
      ),
    );
    expect(await steelyard(['choose', 'run', '--scenario', 'moved.yaml'], { cwd: job })).toMatchObject({
      code: 3,
      err: expect.stringContaining('(what-if/other-data)'),
    });
    expect(await records(join(job, 'run'))).toEqual(before);

    // Looking on at a finished run tells how it ended, without escapes where nobody watches.
    const seen = await steelyard(['watch', 'run'], { cwd: job });
    expect(seen.code).toBe(0);
    expect(seen.out).toContain(`chosen ${answer.choice.chosen}; held-back data: pass`);
    expect(seen.out).not.toContain('\u001b');
    expect(await steelyard(['watch', 'nowhere', '--once'], { cwd: job })).toMatchObject({
      code: 3,
      err: expect.stringContaining('(engine/no-run)'),
    });

    // A version made elsewhere is weighed like one of our own.
    const evaluated = await steelyard(
      [
        'evaluate',
        scenario,
        '--candidate',
        answer.model,
        '--candidate',
        join(job, 'model.onnx'),
        '--out',
        'outside',
        '--json',
      ],
      {
        cwd: job,
      },
    );
    expect(evaluated.err).toBe('');
    expect((JSON.parse(evaluated.out) as { choice: { chosen: string } }).choice.chosen).toBe('model');
  });

  test('nothing qualifies: exit 1, the nearest miss is named, no model is written', async () => {
    const job = join(folder, 'nothing');
    const { scenario } = await tinyJob(job, { must: '  - { metric: size, better-by-at-least: 99 % }' });
    const result = await steelyard(['tune', scenario, '--out', 'run'], { cwd: job });
    expect(result.code).toBe(1);
    expect(result.out).toMatch(/99 %/);
    // No terminal: plain lines, a phase each, and no more than one in ten seconds beside them.
    const told = result.err.trimEnd().split('\n');
    expect(told.some((line) => line.endsWith(': about 6 s'))).toBe(true);
    expect(
      told.every((line) => /^\[0:\d\d\] ./.test(line) && !line.includes('\u001B')),
      result.err,
    ).toBe(true);
    expect(told.some((line) => /weighing 1 version {2}quantize/.test(line))).toBe(true);
    expect(told.some((line) => /no version qualifies; .+ comes closest$/.test(line))).toBe(true);
    expect(told.length).toBeLessThan(30);
    expect(existsSync(join(job, 'run', 'model'))).toBe(false);
  });

  test('no version qualifies and the original stays: nothing is written, and a script sees it', async () => {
    const job = join(folder, 'kept');
    // No data set of 400 rows proves a loss below a ten-thousandth.
    const { scenario } = await tinyJob(job, { must: '  - { metric: accuracy, worse-by-at-most: 0.01 pp }' });
    const tuned = await steelyard(['tune', scenario, '--out', 'run', '--json'], { cwd: job });
    expect(JSON.parse(tuned.out)).toMatchObject({ model: null, choice: { chosen: 'baseline' } });
    expect(tuned.code).toBe(1);
    const weighed = await steelyard(['evaluate', scenario, '-c', 'model.onnx', '--out', 'ev', '-q'], { cwd: job });
    expect(weighed.code).toBe(1);
  });

  test('kill -9 at any time loses nothing: the resumed run repeats no finished step and ends the same', async () => {
    const job = join(folder, 'killed');
    const { scenario } = await tinyJob(job);
    let kills = 0;
    for (const wait of [700, 1100, 1500, 2200]) {
      const out = ['--out', 'run', ...(existsSync(join(job, 'run', 'records.jsonl')) ? ['--resume'] : [])];
      const { signal } = await steelyard(['tune', scenario, ...out, '-q'], {
        cwd: job,
        during: (kill) => void setTimeout(() => kill('SIGKILL'), wait),
      });
      if (signal === 'SIGKILL') kills++;
    }
    expect(kills).toBeGreaterThan(0);
    const resume = existsSync(join(job, 'run', 'records.jsonl')) ? ['--resume'] : [];
    const result = await steelyard(['tune', scenario, '--out', 'run', ...resume, '--json'], { cwd: job });
    expect(result.err).toBe('');
    expect(result.code).toBe(0);
    const keys = (await records(join(job, 'run'))).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  }, 180_000);

  test('Ctrl-C stops cleanly and says how to go on', async () => {
    const job = join(folder, 'stopped');
    const { scenario } = await tinyJob(job, { rows: 2000 });
    const result = await steelyard(['tune', scenario, '--out', 'run'], {
      cwd: job,
      during: (kill) => {
        // Once the run is under way.
        const timer = setInterval(() => {
          if (!existsSync(join(job, 'run', 'records.jsonl'))) return;
          clearInterval(timer);
          kill('SIGINT');
        }, 20);
      },
    });
    expect(result.code).toBe(130);
    expect(result.err).toContain('--resume');
    expect((await steelyard(['tune', scenario, '--out', 'run', '--resume', '-q'], { cwd: job })).code).toBe(0);
  }, 180_000);
});

describe('optimize and inspect', () => {
  test('a chain with options, and the refusal that changed nothing', async () => {
    const job = join(folder, 'optimize');
    const { model } = await tinyJob(job);
    const done = await steelyard(
      ['optimize', model, '-t', 'fuse/drop-identity', '-t', 'quantize/dynamic', '--per-channel', '-o', 'out'],
      { cwd: job },
    );
    expect(done.err).toBe('');
    expect(done.code).toBe(0);
    expect(done.out).toMatch(/size: .* → .*\n/);
    expect(done.out).toContain('compared on random inputs');
    expect(await readdir(join(job, 'out'))).toContain('steelyard.json');
    const nothing = await steelyard(['optimize', model, '-t', 'quantize/embedding', '-o', 'none'], { cwd: job });
    expect(nothing).toMatchObject({ code: 1, out: expect.stringContaining('the graph has no Gather') });
    expect(existsSync(join(job, 'none'))).toBe(false);
    expect(
      (await steelyard(['optimize', model, '-t', 'quantize/dynamic', '--bits', '9', '-o', 'o'], { cwd: job })).code,
    ).toBe(2);
    const seen = await steelyard(['inspect', join(job, 'out')]);
    expect(seen).toMatchObject({ code: 0, out: expect.stringContaining('MatMulInteger') });
    expect((await steelyard(['inspect', model, '--text'])).out).toContain('Identity(h)');
    expect(JSON.parse((await steelyard(['inspect', model, '--json'])).out)).toMatchObject({
      parameters: 64 * 64 + 64 * 3,
    });
  });

  test('techniques are documented from their own declarations', async () => {
    const { out } = await steelyard(['techniques']);
    expect(out).toContain('quantize/dynamic');
    expect(out).toContain('--per-channel');
  });
});

describe('bad input ends in a coded, actionable error', () => {
  const job = () => join(folder, 'bad');
  const scenarioWith = async (change: (text: string) => string): Promise<string> => {
    await tinyJob(job());
    const path = join(job(), 'scenario.yaml');
    await writeFile(path, change(await readFile(path, 'utf8')));
    return path;
  };
  const cases: Record<string, readonly [change: (text: string) => string, code: string, says: RegExp]> = {
    'unknown key': [
      (text) => `${text}budgett: { minutes: 1 }\n`,
      'scenario/invalid',
      /scenario\.yaml:\d+:\d+: unknown key "budgett".*did you mean "budget"/s,
    ],
    'unknown metric': [
      (text) => text.replace('metric: accuracy', 'metric: acuracy'),
      'scenario/metric',
      /:\d+:\d+: unknown metric "acuracy"; did you mean "accuracy"/,
    ],
    'wrong unit': [
      (text) => text.replace('5 pp', '5 ms'),
      'scenario/unit',
      /"accuracy" is "5 ms", expected a number with the unit pp/,
    ],
    'two limits': [
      (text) => text.replace('worse-by-at-most: 5 pp', 'worse-by-at-most: 5 pp, at-least: 50 %'),
      'scenario/gate',
      /2 limits/,
    ],
    'broken YAML': [(text) => `${text}  : [`, 'scenario/yaml', /scenario\.yaml:\d+:\d+/],
    'unknown technique': [
      (text) => text.replace('quantize/dynamic', 'quantize/dinamic'),
      'usage/technique',
      /did you mean "quantize\/dynamic"/,
    ],
    'missing model': [
      (text) => text.replace('model: model.onnx', 'model: nowhere.onnx'),
      'model/not-found',
      /nowhere\.onnx/,
    ],
    'missing data': [(text) => text.replace('evaluation.jsonl', 'gone.jsonl'), 'data/missing', /gone\.jsonl/],
    'missing column': [(text) => text.replace('label: label', 'label: colour'), 'data/column', /colour/],
    'unknown preset': [(text) => `preset: chatbot\n${text}`, 'scenario/preset', /unknown preset "chatbot"/],
    overlap: [
      (text) => text.replace('holdback: holdback.jsonl', 'holdback: evaluation.jsonl'),
      'data/overlap',
      /evaluation data/,
    ],
  };
  test.each(Object.entries(cases))('%s', async (_, [change, code, says]) => {
    const { code: exit, err } = await steelyard(['tune', await scenarioWith(change), '--out', 'never', '--json'], {
      cwd: job(),
    });
    const { error } = JSON.parse(err) as { error: { code: string; message: string } };
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expect(exit).toBe(code.startsWith('usage/') ? 2 : 3);
    expect(err).not.toContain('at file:');
  });

  test('a damaged model, a candidate that does not load, a folder without a run', async () => {
    const { scenario, model } = await tinyJob(job());
    const bytes = await readFile(model);
    await writeFile(join(job(), 'half.onnx'), bytes.subarray(0, bytes.length / 2));
    expect(await steelyard(['inspect', join(job(), 'half.onnx')])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/model\//),
    });
    const result = await steelyard(
      ['evaluate', scenario, '-c', 'half.onnx', '-c', 'model.onnx', '--out', 'ev', '--json'],
      { cwd: job() },
    );
    expect(result.code).toBe(1);
    const text = await readFile(join(job(), 'ev', 'report.md'), 'utf8');
    expect(text).toContain('half.onnx');
    expect(await steelyard(['report', job()])).toMatchObject({ code: 3, err: expect.stringContaining('holds no run') });
  });
});

test('the published schema is the one of the code', async () => {
  const { scenarioJsonSchema } = await import('../src/engine/scenario/index.ts');
  expect(JSON.parse(await readFile(join(root, 'schema/scenario.schema.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(scenarioJsonSchema())),
  );
});

test('presets and the example scenarios are valid under the schema and in the product', async () => {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const { parse } = await import('yaml');
  const { parseScenario, presetNames } = await import('../src/engine/scenario/index.ts');
  const { metrics } = await import('../src/weigh/index.ts');
  const validate = new Ajv2020({ strict: false }).compile(
    JSON.parse(await readFile(join(root, 'schema/scenario.schema.json'), 'utf8')) as object,
  );
  const names = await presetNames();
  expect(names).toEqual([
    'batch-analytics',
    'education',
    'high-stakes',
    'on-device',
    'realtime-translation',
    'support-chatbot',
  ]);
  const gates = new Set<string>();
  for (const preset of names) {
    const text = `preset: ${preset}\nmodel: m\ntask: { type: text-classification }\ndata: { evaluation: d.jsonl }\n`;
    const scenario = await parseScenario('s.yaml', text, metrics);
    expect(scenario.must.length).toBeGreaterThan(1);
    gates.add(JSON.stringify(scenario.must));
  }
  expect(gates.size).toBe(names.length);
  for (const example of ['support-desk', 'clinc150', 'magika']) {
    const text = await readFile(join(root, 'examples', example, 'scenario.yaml'), 'utf8');
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    await parseScenario(`${example}.yaml`, text, metrics);
  }
});
