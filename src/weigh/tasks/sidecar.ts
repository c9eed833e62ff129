import { SteelyardError, taskIds } from '../../contracts/index.ts';

/** What a sidecar beside a bare .onnx file may say about its task. */
export interface Sidecar {
  /** Class names in the order of the model head. */
  readonly labels?: readonly string[];
  readonly output?: string;
  readonly maxLength?: number;
}

const keys = ['task', 'labels', 'output', 'max-length', 'description', 'license', 'source'];
const fail = (what: string): never => {
  throw new SteelyardError(
    'task/sidecar',
    `the model's sidecar file: ${what}`,
    `a sidecar may have the keys ${keys.join(', ')}`,
  );
};

/** Check a parsed sidecar (`<name>.steelyard.yaml` or `.json`). null gives an empty one. Errors: `task/sidecar` naming the key. */
export const readSidecar = (raw: unknown): Sidecar => {
  if (raw === null || raw === undefined) return {};
  if (typeof raw !== 'object' || Array.isArray(raw)) return fail('expected a mapping');
  const { task, labels, output, 'max-length': maxLength } = raw as Record<string, unknown>;
  const strange = Object.keys(raw).find((key) => !keys.includes(key));
  if (strange !== undefined) fail(`unknown key "${strange}"`);
  if (task !== undefined && !taskIds.some((id) => id === task))
    fail(`task is ${JSON.stringify(task)}, expected ${taskIds.slice(0, -1).join(', ')} or ${taskIds.at(-1)!}`);
  if (labels !== undefined && (!Array.isArray(labels) || labels.some((name) => typeof name !== 'string')))
    fail('labels must be a list of names in the order of the model head');
  if (output !== undefined && typeof output !== 'string') fail('output must be the name of a model output');
  if (maxLength !== undefined && !(Number.isInteger(maxLength) && (maxLength as number) > 0))
    fail('max-length must be a whole number of tokens');
  return {
    ...(labels === undefined ? {} : { labels: labels as string[] }),
    ...(output === undefined ? {} : { output: output as string }),
    ...(maxLength === undefined ? {} : { maxLength: maxLength as number }),
  };
};
