import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a control group (a container, a service) leaves of the machine; null: no limit. */
export interface GroupLimits {
  /** CPUs' worth of time, 1.5 for one and a half. */
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
}

/** CPUs that a group allows, from cgroup v2's `cpu.max` or v1's quota and period; null: no limit. */
export const cpuLimit = (max: string | null, quota: string | null, period: string | null): number | null => {
  const [a, b] = max === null ? [quota ?? '', period ?? ''] : max.trim().split(/\s+/);
  const [allowed, each] = [Number(a), Number(b)];
  return (a ?? '').trim() !== '' && Number.isFinite(allowed) && allowed > 0 && each > 0 ? allowed / each : null;
};

/** Bytes that a group allows, from cgroup v2's `memory.max` or v1's `memory.limit_in_bytes`; null: no limit. Version 1 writes "no limit" as the
 *  largest number of pages, which no machine has. */
export const memoryLimit = (text: string | null): number | null => {
  const bytes = Number(text?.trim() === '' ? Number.NaN : (text ?? Number.NaN));
  return Number.isFinite(bytes) && bytes > 0 && bytes < 2 ** 62 ? bytes : null;
};

const readOrNull = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No such group, another version, another system: nothing is known.
    return null;
  }
};

/** The group's folder and those above it, up to the top: each of them limits. In a container that sees only its own part of the tree, the
 *  folder of its full name is not there and the top is its own. */
const upwards = (top: string, group: string): readonly string[] => {
  const folders = [top];
  for (let at = join('/', group); at !== '/'; at = dirname(at)) folders.push(join(top, at));
  return folders;
};

const least = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value): value is number => value !== null);
  return known.length === 0 ? null : Math.min(...known);
};

/** The group of a controller by the text of /proc/self/cgroup: "0::/a" in version 2, "4:memory:/a" in version 1. */
const groupOf = (text: string, controller: string | null): string | null =>
  text.split('\n').flatMap((line) => {
    const [, id, names, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    return (controller === null ? id === '0' && names === '' : names!.split(',').includes(controller)) ? [path] : [];
  })[0] ?? null;

/** What the control groups of this process allow, versions 1 and 2, the tightest of its own and all above. `root`: the folder that holds `proc`
 *  and `sys`. No errors: what cannot be read is no limit. Source: Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst. */
export const groupLimits = (root = '/'): GroupLimits => {
  const own = readOrNull(join(root, 'proc/self/cgroup')) ?? '';
  const tree = join(root, 'sys/fs/cgroup');
  const folders = (controller: string): readonly string[] =>
    upwards(join(tree, controller), groupOf(own, controller) ?? '/');
  const unified = upwards(tree, groupOf(own, null) ?? '/');
  return {
    cpus: least([
      ...unified.map((folder) => cpuLimit(readOrNull(join(folder, 'cpu.max')) ?? '', null, null)),
      ...folders('cpu').map((folder) =>
        cpuLimit(null, readOrNull(join(folder, 'cpu.cfs_quota_us')), readOrNull(join(folder, 'cpu.cfs_period_us'))),
      ),
    ]),
    memoryBytes: least([
      ...unified.map((folder) => memoryLimit(readOrNull(join(folder, 'memory.max')))),
      ...folders('memory').map((folder) => memoryLimit(readOrNull(join(folder, 'memory.limit_in_bytes')))),
    ]),
  };
};
