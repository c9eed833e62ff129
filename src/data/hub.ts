import { createWriteStream } from 'node:fs';
import { copyFile, link, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { SteelyardError, isSteelyardError } from '../contracts/index.ts';
import { checkPath, neededFiles, type HubFile } from './hub-files.ts';

export interface HubReference {
  /** "owner/name". */
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

export interface HubOptions {
  /** Where models are kept; default: `steelyard` inside HF_HOME (or ~/.cache/huggingface). */
  readonly cacheFolder?: string;
  /** Default https://huggingface.co, or HF_ENDPOINT. */
  readonly hubUrl?: string;
  /** For private and gated models; default: the environment variable HF_TOKEN. */
  readonly accessToken?: string;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: {
    readonly file: string;
    readonly doneBytes: number;
    readonly totalBytes: number;
  }) => void;
  readonly log?: (message: string) => void;
}

/** Read `hf:owner/name[@revision]`; null when the text is something else. Errors: `data/hub-reference` when it begins so but is not one. */
export const parseHubReference = (text: string): HubReference | null => {
  if (!text.startsWith('hf:')) return null;
  const match = /^hf:([\w.-]{1,96}\/[\w.-]{1,96})(?:@([\w./-]{1,200}))?$/.exec(text);
  if (match === null || match[0].includes('..'))
    throw new SteelyardError(
      'data/hub-reference',
      `"${text.slice(0, 200)}" names no model on the hub`,
      'write hf:owner/name or hf:owner/name@revision',
    );
  return { repository: match[1]!, revision: match[2] ?? 'main' };
};

const home = (): string =>
  process.env['HF_HOME'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface');

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const isOffline = (error: unknown): boolean =>
  error instanceof TypeError ||
  ['ENOTFOUND', 'ECONNREFUSED', 'EAI_AGAIN'].includes((error as NodeJS.ErrnoException)?.code ?? '');

const translate = (error: unknown, { repository, revision }: HubReference, hubUrl: string): never => {
  if (isSteelyardError(error) || (error instanceof Error && error.name === 'AbortError')) throw error;
  const status = (error as { statusCode?: unknown }).statusCode;
  const what = `hf:${repository}@${revision}`;
  if (status === 401 || status === 403)
    throw new SteelyardError(
      'data/hub-denied',
      `${what}: the hub refuses access (status ${status}); it is private, gated, or does not exist`,
      'accept its terms on the hub and set HF_TOKEN',
      { cause: error },
    );
  if (status === 404)
    throw new SteelyardError('data/hub-missing', `${what} is not on ${hubUrl}`, 'check the name and the revision', {
      cause: error,
    });
  if (isOffline(error))
    throw new SteelyardError(
      'data/hub-offline',
      `${what}: ${hubUrl} cannot be reached, and the model is not in the local cache`,
      'connect once to fetch it, or give the path of a local folder',
      { cause: error },
    );
  throw new SteelyardError('data/hub', `${what}: ${(error as Error).message}`, 'try again later', { cause: error });
};

/** A file that the Python or JavaScript hub client fetched before, or null. */
const inHubCache = async (repository: string, commit: string, path: string): Promise<string | null> => {
  const hub = process.env['HF_HUB_CACHE'] ?? process.env['HUGGINGFACE_HUB_CACHE'] ?? join(home(), 'hub');
  const pointer = join(hub, `models--${repository.replace('/', '--')}`, 'snapshots', commit, path);
  return (await exists(pointer)) ? realpath(pointer) : null;
};

/** Put a file in place under its final name only once it is complete. */
const place = async (target: string, fill: (partial: string) => Promise<void>): Promise<void> => {
  const partial = `${target}.${process.pid}.incomplete`;
  await mkdir(dirname(target), { recursive: true });
  try {
    await rm(partial, { force: true });
    await fill(partial);
    await rename(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
};

const maxFiles = 20_000;

/** Bring a model of the hub onto this machine: only the files that it needs, each once, as plain files in one folder.
 *  Files that the hub's own cache already holds are linked, not fetched. Offline, a complete earlier fetch is used.
 *  Errors: `data/hub-offline`, `data/hub-missing`, `data/hub-denied`, `data/hub-no-onnx`, `data/hub-path`, `data/hub-size`, `data/hub`. */
export const fetchModel = async (
  reference: HubReference,
  options: HubOptions = {},
): Promise<{ readonly folder: string; readonly commit: string; readonly files: readonly string[] }> => {
  const { repository, revision } = reference;
  const hubUrl = options.hubUrl ?? process.env['HF_ENDPOINT'] ?? 'https://huggingface.co';
  const accessToken = options.accessToken ?? process.env['HF_TOKEN'];
  const root = join(options.cacheFolder ?? join(home(), 'steelyard'), `models--${repository.replace('/', '--')}`);
  const refPath = join(root, 'refs', ...revision.split('/'));
  const folderOf = (commit: string): string => join(root, commit);
  // The list is written last: a folder without it was not finished.
  const listPath = (commit: string): string => join(folderOf(commit), '.complete.json');
  const cached = async (commit: string) =>
    (await exists(listPath(commit)))
      ? { folder: folderOf(commit), commit, files: JSON.parse(await readFile(listPath(commit), 'utf8')) as string[] }
      : null;
  if (/^[0-9a-f]{40}$/.test(revision)) {
    const known = await cached(revision);
    if (known !== null) return known;
  }

  // The library is large: load it only when it is needed.
  const { downloadFile, listFiles, modelInfo } = await import('@huggingface/hub');
  const fetchWithSignal: typeof fetch = (input, init) => fetch(input, { ...init, signal: options.signal ?? null });
  const common = { hubUrl, fetch: fetchWithSignal, ...(accessToken === undefined ? {} : { accessToken }) };
  const repo = { type: 'model', name: repository } as const;
  try {
    const { sha } = await modelInfo({ ...common, name: repository, revision, additionalFields: ['sha'] });
    if (!/^[0-9a-f]{40}$/.test(sha)) throw new Error(`the hub names the commit ${JSON.stringify(sha).slice(0, 60)}`);
    const known = await cached(sha);
    if (known !== null) return known;
    const files: HubFile[] = [];
    for await (const entry of listFiles({ ...common, repo, recursive: true, revision: sha })) {
      if (entry.type === 'file') files.push({ path: entry.path, sizeBytes: entry.size });
      if (files.length > maxFiles)
        throw new SteelyardError('data/hub-size', `${repository} has more than ${maxFiles} files`);
    }
    const needed = neededFiles(repository, files);
    const totalBytes = needed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    let doneBytes = 0;
    for (const { path, sizeBytes } of needed) {
      checkPath(repository, path);
      const target = join(folderOf(sha), ...path.split('/'));
      const report = (): void => options.progress?.({ file: path, doneBytes, totalBytes });
      const before = doneBytes;
      if (!(await exists(target))) {
        const local = await inHubCache(repository, sha, path);
        await place(target, async (partial) => {
          if (local !== null) return link(local, partial).catch(() => copyFile(local, partial));
          const blob = await downloadFile({ ...common, repo, path, revision: sha });
          if (blob === null) throw new Error(`${path} is listed but cannot be downloaded`);
          const count = new Transform({
            transform(chunk: Buffer, _, next) {
              doneBytes += chunk.length;
              report();
              next(null, chunk);
            },
          });
          const body = Readable.fromWeb(blob.stream() as ReadableStream);
          await pipeline(body, count, createWriteStream(partial), { signal: options.signal });
          if (doneBytes - before !== sizeBytes)
            throw new SteelyardError(
              'data/hub-size',
              `${path} has ${doneBytes - before} bytes, the hub states ${sizeBytes}`,
              'try again',
            );
        });
      }
      doneBytes = before + sizeBytes;
      report();
    }
    const names = needed.map(({ path }) => path);
    await writeFile(listPath(sha), JSON.stringify(names));
    await mkdir(dirname(refPath), { recursive: true });
    await writeFile(refPath, sha);
    return { folder: folderOf(sha), commit: sha, files: names };
  } catch (error) {
    if (isOffline(error) && (await exists(refPath))) {
      const known = await cached((await readFile(refPath, 'utf8')).trim());
      if (known !== null) {
        options.log?.(
          `${hubUrl} cannot be reached: using ${repository} as fetched before (commit ${known.commit.slice(0, 12)})`,
        );
        return known;
      }
    }
    return translate(error, reference, hubUrl);
  }
};
