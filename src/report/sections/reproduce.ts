import type { Block } from '../blocks.ts';
import type { View } from '../view.ts';

/** (i) The exact command that gives this report again. */
export const reproduceSection = (view: View): Block[] => [
  { kind: 'heading', level: 2, text: 'Do it again' },
  {
    kind: 'paragraph',
    text: `${view.run.command.includes('\n') ? 'These commands build, weigh and decide' : 'This command builds, weighs and decides'} again. The same data, seed and versions give the same files and the same answers; times differ a little from run to run, within their intervals.`,
  },
  { kind: 'code', text: view.run.command },
];
