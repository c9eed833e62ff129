import { Ajv } from 'ajv';
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { command as workerCommand } from '../src/cli/commands/worker.ts';
import { parseLabels } from '../src/queue/index.ts';
import { addressOf } from '../src/records/index.ts';
import { s3LocationOf } from '../src/records/s3/location.ts';
import { root } from './cli.ts';
import { instructionsOf, shellOf } from './dockerfile.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

const run = promisify(execFile);
const text = (name: string): Promise<string> => readFile(join(root, name), 'utf8');
const json = async <T>(name: string): Promise<T> => JSON.parse(await text(name)) as T;
const dockerfile = instructionsOf(await text('deploy/Dockerfile'));
const all = (name: string): readonly string[] => dockerfile.filter((one) => one.name === name).map((one) => one.text);
const product = await json<{ version: string; bin: Record<string, string>; engines: { node: string } }>('package.json');
const tarball = `steelyard-${product.version}.tgz`;

let folder: string;
beforeAll(async () => {
  folder = await temporary();
});
afterAll(() => remove(folder));

describe('the image', () => {
  test('starts from a fixed version of a small base, with a Node.js that the package allows', () => {
    expect(all('FROM')).toHaveLength(1);
    const [, version] = /^node:(\d+\.\d+\.\d+)-[a-z]+-slim(?:@sha256:[0-9a-f]{64})?$/.exec(all('FROM')[0]!) ?? [];
    const least = /^>=([\d.]+)$/.exec(product.engines.node)![1]!;
    expect(version?.localeCompare(least, 'en', { numeric: true })).toBe(1);
  });

  test('holds the packed package and nothing secret, and runs as a user that is not root', async () => {
    const known = new Set(['FROM', 'ENV', 'COPY', 'RUN', 'USER', 'WORKDIR', 'ENTRYPOINT', 'CMD']);
    expect(dockerfile.filter(({ name }) => !known.has(name))).toEqual([]);
    expect(all('COPY')).toEqual([`${tarball} /tmp/steelyard.tgz`]);
    expect((await text('deploy/Dockerfile.dockerignore')).split('\n').filter((line) => !/^(#|$)/.test(line))).toEqual([
      '*',
      '!steelyard-*.tgz',
    ]);
    expect(all('ENV').join(' ')).toContain('ONNXRUNTIME_NODE_INSTALL=skip');
    expect(JSON.stringify(dockerfile)).not.toMatch(/password|secret|token|access.key|postgres:/i);
    expect(all('USER')).toEqual(['1000:1000']);
    const names = dockerfile.map(({ name }) => name);
    expect(names.indexOf('USER')).toBeGreaterThan(names.lastIndexOf('RUN'));
    const entry = JSON.parse(all('ENTRYPOINT')[0]!) as string[];
    expect(entry).toEqual([Object.keys(product.bin)[0]]);
    expect(JSON.parse(all('CMD')[0]!)).toEqual(['worker', '--help']);
  });

  test('has the libraries of the queue in the versions that are tested', async () => {
    const { packages } = await json<{ packages: Record<string, { version: string }> }>('package-lock.json');
    for (const name of ['pg', 'graphile-worker'])
      expect(all('RUN').join(' ')).toContain(` ${name}@${packages[`node_modules/${name}`]!.version}`);
  });

  test('its steps install the packed package, which then runs elsewhere', async () => {
    const target = join(folder, 'packed');
    await mkdir(target, { recursive: true });
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', target], { cwd: root });
    const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    expect(filename).toBe(tarball);
    const paths = files.map(({ path }) => path);
    expect(paths.some((path) => path.endsWith('.test.js'))).toBe(false);
    for (const needed of [
      'dist/lib/cli/main.js',
      'presets/on-device.yaml',
      'schema/scenario.schema.json',
      'README.md',
      'LICENSE',
    ])
      expect(paths).toContain(needed);
    const prefix = join(target, 'global');
    const npm = { NPM_CONFIG_PREFIX: prefix, NPM_CONFIG_PREFER_OFFLINE: 'true', ONNXRUNTIME_NODE_INSTALL: 'skip' };
    for (const step of dockerfile.filter(({ name }) => name === 'RUN')) {
      const script = shellOf(step).replace('/tmp/steelyard.tgz', `'${join(target, filename)}'`);
      expect(script).toContain('--ignore-scripts');
      // On another system its own libraries are needed.
      const here = process.platform === 'linux' ? script : script.split(' && rm ')[0]!;
      await run('/bin/sh', ['-ec', here], { cwd: target, env: { ...process.env, ...npm } });
    }
    const command = join(prefix, 'bin', (JSON.parse(all('ENTRYPOINT')[0]!) as string[])[0]!);
    expect((await run(command, ['--version'])).stdout.trim()).toBe(product.version);
    expect((await run(command, JSON.parse(all('CMD')[0]!) as string[])).stdout).toContain('--queue <url>');
    // With the queue's libraries there, it is the database that is missing.
    const asked = run(command, ['queue', 'postgres://nobody@127.0.0.1:1/none']).catch((error: unknown) => error);
    expect((await asked) as { stderr: string }).toMatchObject({
      stderr: expect.stringContaining('store/unreachable') as string,
    });
    const { scenario } = await tinyJob(join(target, 'job'));
    const { stdout: out } = await run(command, ['tune', scenario, '--out', join(target, 'run'), '--json']);
    expect((JSON.parse(out) as { choice: { chosen: string | null } }).choice.chosen).not.toBeNull();
  }, 300_000);
});

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number };
  readonly affinity: {
    readonly podAntiAffinity: {
      readonly requiredDuringSchedulingIgnoredDuringExecution: readonly { readonly labelSelector: object }[];
    };
  };
  readonly containers: readonly {
    readonly image: string;
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly value?: string }[];
    readonly envFrom: readonly { readonly secretRef: { readonly name: string } }[];
    readonly resources: { readonly requests: object; readonly limits: object };
    readonly startupProbe: { readonly exec: { readonly command: readonly string[] } };
    readonly securityContext: object;
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly { readonly name: string }[];
}
interface Deployment {
  readonly kind: string;
  readonly spec: {
    readonly selector: object;
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
  };
}
interface Secret {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData: Readonly<Record<string, string>>;
}

describe('the workers on Kubernetes', async () => {
  const documents = parseAllDocuments(await text('deploy/kubernetes.yaml'), { uniqueKeys: true });
  const objects = documents.map((one) => one.toJS() as { kind: string });
  const secrets = objects.filter(({ kind }) => kind === 'Secret') as Secret[];
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as Deployment;
  const pod = deployment.spec.template.spec;
  const container = pod.containers[0]!;
  const validate = new Ajv({ strict: true, allErrors: true }).compile(
    await json<object>('tests/kubernetes.schema.json'),
  );
  const environment = Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? 'a-pod']));
  const args = container.args.map((word) => word.replace(/\$\((\w+)\)/g, (_, name: string) => environment[name]!));

  test('every object is valid by Kubernetes’ own schema', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(objects.map(({ kind }) => kind)).toEqual(['Secret', 'Secret', 'Deployment']);
    for (const object of objects) expect(validate(object), JSON.stringify(validate.errors)).toBe(true);
  });

  test.each([
    ['a key that there is not', (pod: Record<string, unknown>) => (pod['terminationGraceSeconds'] = 5)],
    [
      'a number where a text belongs',
      (pod: Record<string, unknown>) => (pod['containers'] = [{ name: 1, image: 'a' }]),
    ],
    ['no container', (pod: Record<string, unknown>) => (pod['containers'] = [])],
    [
      'memory in a unit that there is not',
      (pod: Record<string, unknown>) => (pod['volumes'] = [{ name: 'scratch', emptyDir: { sizeLimit: '10GB' } }]),
    ],
  ])('the schema notices %s', (_what, change) => {
    const changed = structuredClone(deployment) as unknown as { spec: { template: { spec: Record<string, unknown> } } };
    change(changed.spec.template.spec);
    expect(validate(changed)).toBe(false);
  });

  test('its parts find each other', () => {
    const labels = deployment.spec.template.metadata.labels;
    expect(deployment.spec.selector).toEqual({ matchLabels: labels });
    for (const term of pod.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution)
      expect(term.labelSelector).toEqual({ matchLabels: labels });
    expect(container.envFrom.map(({ secretRef }) => secretRef.name).toSorted()).toEqual(
      secrets.map(({ metadata }) => metadata.name).toSorted(),
    );
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(pod.volumes.map(({ name }) => name));
    expect(container.image.endsWith(`/steelyard:${product.version}`)).toBe(true);
  });

  test('may do no more than it must, and writes only where it has space', () => {
    expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
    expect(`${pod.securityContext.runAsUser}:1000`).toBe(all('USER')[0]);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const places = container.volumeMounts.map(({ mountPath }) => mountPath);
    for (const name of ['TMPDIR', 'HOME']) expect(places).toContain(environment[name]);
    // The pod keeps its processors only if it asks for all that it may use.
    expect(container.resources.requests).toEqual(container.resources.limits);
  });

  test('holds no secret, only places for them, and the names are those that the drivers read', () => {
    const [database, artifacts] = secrets;
    expect(database!.stringData).toEqual({ PGUSER: 'steelyard', PGPASSWORD: 'CHANGE' });
    expect(artifacts!.stringData).toMatchObject({ AWS_ACCESS_KEY_ID: 'CHANGE', AWS_SECRET_ACCESS_KEY: 'CHANGE' });
    expect(new URL(environment['QUEUE']!)).toMatchObject({ username: '', password: '' });
  });

  test('its words are those of the worker command, which ends before it is killed', async () => {
    const command = workerCommand();
    command.exitOverride().action(() => undefined);
    expect(args[0]).toBe(command.name());
    await command.parseAsync(args.slice(1), { from: 'user' });
    const options = command.opts<{ queue: string; artifacts: string; labels: string; grace: number; name: string }>();
    expect(addressOf(options.queue)).toMatchObject({ host: 'database.example', port: 5432, database: 'runs' });
    expect(s3LocationOf(options.artifacts, secrets[1]!.stringData)).toMatchObject({ region: 'eu-central-1' });
    expect(parseLabels(options.labels)).toEqual({ site: 'cluster' });
    expect(options.name).toBe('a-pod');
    expect(pod.terminationGracePeriodSeconds - options.grace).toBeGreaterThanOrEqual(15);
  });
});
