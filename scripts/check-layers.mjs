// Who may import whom: layers.json is the rule, this is its guard. Tests may import anything; type imports count too.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src');
const { rooms, forbiddenForStar } = JSON.parse(readFileSync(join(root, 'layers.json'), 'utf8'));
const names = Object.keys(rooms).sort((a, b) => b.length - a.length);

const roomOf = (file) => {
  const path = relative(source, file).split(sep).join('/');
  return names.find((name) => path.startsWith(`${name}/`)) ?? null;
};
const isTest = (file) => /\.(test|deep)\.ts$/.test(file) || file.includes(`${sep}testing${sep}`);

const problems = [];
/** File → files it imports, for the search for circles. */
const imports = new Map();
for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
  const file = join(entry.parentPath ?? entry.path, entry.name);
  if (isTest(file)) continue;
  const from = roomOf(file);
  if (from === null) {
    if (relative(source, file) !== 'index.ts')
      problems.push(`${relative(root, file)}: belongs to no room in layers.json`);
    continue;
  }
  const allowed = rooms[from];
  for (const [, spec] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)) {
    const target = resolve(dirname(file), spec);
    imports.set(file, [...(imports.get(file) ?? []), target]);
    const to = roomOf(target);
    if (to === from) continue;
    const ok = allowed.includes('*')
      ? to !== null && !forbiddenForStar.includes(to)
      : to !== null && allowed.includes(to);
    if (!ok) problems.push(`${relative(root, file)}: ${from} may not import ${to ?? spec}`);
  }
}
// No circles, type imports included: depth first, with the path walked so far.
const done = new Set();
const walk = (file, path) => {
  if (path.includes(file)) {
    const circle = [...path.slice(path.indexOf(file)), file].map((one) => relative(root, one));
    problems.push(`circle: ${circle.join(' -> ')}`);
    return;
  }
  if (done.has(file)) return;
  for (const target of imports.get(file) ?? []) walk(target, [...path, file]);
  done.add(file);
};
for (const file of imports.keys()) walk(file, []);
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n${problems.length} import(s) against layers.json\n`);
  process.exit(1);
}
