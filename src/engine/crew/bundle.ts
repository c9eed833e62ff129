import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { parse } from 'yaml';
import { SteelyardError, type BundleRecord, type DataSource, type Digest, type Store } from '../../contracts/index.ts';
import { digestOf } from '../../records/index.ts';
import { packageVersion } from '../../package/index.ts';
import type { Prepared } from '../run/prepare.ts';
import { camel } from '../scenario/keys.ts';

type Json = Record<string, unknown>;

/** Name inside of the bundle → file on this machine. */
type Files = Map<string, string>;

const escapes = (path: string): boolean => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
const slashes = (path: string): string => path.split(sep).join('/');

/** The files of a model folder that belong to the model; answers what a scenario calls it. */
const addModel = async ({ scenario, scenarioFolder, found }: Prepared, files: Files): Promise<string> => {
  const { root, modelPath, companions, sidecarPath } = found.folder;
  const inside = [
    ...found.files.map(({ path }) => path),
    ...companions.map((name) => join(root, name)),
    ...(sidecarPath === null ? [] : [sidecarPath]),
  ];
  for (const path of inside) {
    const name = relative(root, path);
    if (escapes(name))
      throw new SteelyardError(
        'queue/bundle',
        `${path} belongs to the model and lies outside of its folder ${root}`,
        'put the model’s files into one folder, so that they can be sent to workers',
      );
    files.set(`model/${slashes(name)}`, path);
  }
  // A folder stays a folder, a file a file: what belongs to the model is found in the same way there.
  const given = isAbsolute(scenario.model) ? scenario.model : resolve(scenarioFolder, scenario.model);
  const isFile = await stat(given).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? `model/${slashes(relative(root, modelPath))}` : 'model';
};

/** A data file, and the pictures that its rows name; answers what a scenario calls it. */
const addSource = (
  name: string,
  source: DataSource,
  scenarioFolder: string,
  pictures: readonly string[],
  files: Files,
): string => {
  const path = resolve(scenarioFolder, source.path);
  const inside = `data/${name}/${basename(path)}`;
  files.set(inside, path);
  for (const picture of pictures) {
    const place = relative(dirname(path), picture);
    if (escapes(place))
      throw new SteelyardError(
        'queue/bundle',
        `${path} names the picture ${picture}, which lies outside of its folder`,
        'put the pictures beside the data or into folders below it, so that they can be sent to workers',
      );
    files.set(`data/${name}/${slashes(place)}`, picture);
  }
  return inside;
};

/** Files that examples of a split refer to. */
const picturesOf = (prepared: Prepared, role: string): readonly string[] => {
  const { data } = prepared;
  const splits: Readonly<
    Record<string, readonly { readonly examples: readonly Prepared['data']['evaluation']['examples'][number][] }[]>
  > = {
    calibration: data.calibration === null ? [] : [data.calibration],
    train: data.train === null ? [] : [data.train, ...(data.validation === null ? [] : [data.validation])],
    validation: data.validation === null ? [] : [data.validation],
    evaluation: [data.evaluation, ...('share' in prepared.scenario.data.holdback ? [data.holdback] : [])],
    holdback: [data.holdback],
    'out-of-scope': [{ examples: data.beside.outOfScope }],
  };
  return (splits[role] ?? []).flatMap(({ examples }) =>
    examples.flatMap(({ image }) => (image?.kind === 'file' ? [image.path] : [])),
  );
};

const roles = ['calibration', 'train', 'validation', 'evaluation', 'holdback', 'out-of-scope', 'corpus'] as const;
const nounOf = (role: (typeof roles)[number]) => camel(role) as keyof Prepared['scenario']['data'];

/** The scenario as it reads inside of the bundle: the same, but every path is one of the bundle's. */
const rewritten = async (prepared: Prepared, files: Files): Promise<string> => {
  const { scenario, scenarioFolder, text, evaluators } = prepared;
  const raw = parse(text, { maxAliasCount: 100 }) as Json;
  const data: Json = { ...(raw['data'] as Json) };
  for (const role of roles) {
    const source = scenario.data[nounOf(role)];
    if (source === undefined || !('path' in source)) continue;
    const path = addSource(role, source, scenarioFolder, picturesOf(prepared, role), files);
    data[role] = typeof data[role] === 'string' ? path : { ...(data[role] as Json), path };
  }
  const weigh: Json = { ...(raw['weigh'] as Json | undefined) };
  for (const { evaluator, options, files: named } of evaluators)
    for (const [at, option] of Object.keys(named).entries()) {
      const path = options[option] as string;
      const inside = `weigh/${evaluator.id.replace('/', '-')}-${at}/${basename(path)}`;
      files.set(inside, path);
      const own = Object.entries((weigh[evaluator.id] ?? {}) as Json).filter(([key]) => camel(key) !== option);
      weigh[evaluator.id] = { ...Object.fromEntries(own), [option]: inside };
    }
  const model = await addModel(prepared, files);
  return JSON.stringify({ ...raw, model, data, ...(Object.keys(weigh).length === 0 ? {} : { weigh }) });
};

/** Keep everything that others need to work for this run in its store, and a record that says what there is and where.
 *  Errors: `queue/bundle` when a file lies where it cannot be named; `store/…`. */
export const keepBundle = async (
  prepared: Prepared,
  store: Store,
  place: { readonly artifacts: string; readonly machine: Digest },
): Promise<BundleRecord> => {
  const started = performance.now();
  const paths: Files = new Map();
  const text = await rewritten(prepared, paths);
  const scenario = 'scenario.yaml';
  const files: { name: string; digest: Digest; sizeBytes: number }[] = [];
  for (const [name, path] of paths)
    files.push({ name, digest: await store.put({ path }), sizeBytes: (await stat(path)).size });
  const bytes = Buffer.from(text);
  files.push({ name: scenario, digest: await store.put(bytes), sizeBytes: bytes.length });
  const key = digestOf({
    kind: 'bundle',
    steelyard: packageVersion,
    files: files.map(({ name, digest }) => ({ name, digest })),
  });
  const known = await store.find(key);
  if (known?.kind === 'bundle' && known.artifacts === place.artifacts && known.machine === place.machine) return known;
  const record: BundleRecord = {
    kind: 'bundle',
    key,
    at: new Date().toISOString(),
    seconds: (performance.now() - started) / 1000,
    files,
    scenario,
    model: prepared.found.digest,
    data: prepared.data.digest,
    ...place,
  };
  await store.append(record);
  return record;
};
