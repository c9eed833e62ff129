import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SteelyardError } from '../../contracts/index.ts';
import { packageRoot } from '../../package/index.ts';
import { closest } from '../../contracts/closest.ts';

const folder = join(packageRoot, 'presets');

/** Names of the criteria that ship with Steelyard. */
export const presetNames = async (): Promise<string[]> =>
  (await readdir(folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();

/** A preset's text. Errors: `scenario/preset` with the known names. */
export const readPreset = async (name: string, where: string): Promise<{ file: string; text: string }> => {
  const names = await presetNames();
  if (!names.includes(name)) {
    const near = closest(name, names);
    throw new SteelyardError(
      'scenario/preset',
      `${where}: unknown preset "${name}"${near === null ? '' : `; did you mean "${near}"?`}`,
      `presets: ${names.join(', ')}`,
    );
  }
  return { file: `presets/${name}.yaml`, text: await readFile(join(folder, `${name}.yaml`), 'utf8') };
};
