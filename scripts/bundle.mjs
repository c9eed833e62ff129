// What runs is a bundle: the compiled code of dist/src and the JavaScript libraries it needs, in few files. A start reads tens of files instead of a thousand.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'dist', 'lib');
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = ['cli/main', 'index', 'runtime/onnxruntime/child', 'runtime/client/child', 'optimize/workers/thread'];

const bundle = await rolldown({
  cwd: root,
  platform: 'node',
  input: Object.fromEntries(entries.map((name) => [name, `dist/src/${name}.js`])),
  // What is installed beside the package is not in the bundle; everything else is.
  external: [/^node:/, ...Object.keys({ ...dependencies, ...peerDependencies })],
  // Importing a module of ours does nothing but define; the entries are kept anyway.
  treeshake: { moduleSideEffects: [{ test: /[\\/]dist[\\/]src[\\/]/, sideEffects: false }] },
  onLog: (level, log, handle) => {
    // Some modules are loaded late by one command and at once by another.
    if (log.code === 'INEFFECTIVE_DYNAMIC_IMPORT') return;
    if (level === 'warn') throw new Error(log.message);
    handle(level, log);
  },
});
const { output } = await bundle.write({
  dir: target,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  comments: { legal: true, annotation: false, jsdoc: false },
});
await bundle.close();

/** Folder of the package that holds a module in node_modules. */
const packageOf = (path) => /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(path)?.[1];

const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? Object.keys(chunk.modules) : []));
const libraries = new Map();
for (const path of modules) {
  const folder = packageOf(path);
  if (folder !== undefined) libraries.set(folder, [...(libraries.get(folder) ?? []), path]);
}

/** The comments with a copyright at the beginning of a package's files, each once: for a package without a file of its license. */
const noticesIn = (paths) => [
  ...new Set(
    paths.flatMap((path) => {
      const [head] = /^(?:\/\/.*\n)+/.exec(readFileSync(path, 'utf8')) ?? [];
      return head?.includes('Copyright') ? [head.replace(/^\/\/ ?/gm, '').trim()] : [];
    }),
  ),
];

const notice = ([folder, paths]) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)/i.test(one));
  const texts = file === undefined ? noticesIn(paths) : [readFileSync(join(folder, file), 'utf8').trim()];
  if (texts.length === 0) throw new Error(`${name} is bundled and says nothing about its license`);
  return `${name} ${version} (${license.replace(/^\(|\)$/g, '')})\n\n${texts.join('\n\n')}\n`;
};
const notices = [...libraries].sort(([a], [b]) => (a < b ? -1 : 1)).map(notice);
writeFileSync(
  join(target, 'LICENSES.txt'),
  `The files of this folder contain these libraries. The text of the Apache License 2.0 is in the package's own LICENSE.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`,
);

// Files of an earlier bundle.
const made = new Set(['LICENSES.txt', ...output.map(({ fileName }) => fileName)]);
for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  if (entry.isFile() && !made.has(relative(target, path).replaceAll('\\', '/'))) rmSync(path);
}
