// Trains the baseline as train.yaml says and writes its folder: npm run example:train [-- --out folder] [--resume]
import { parseArgs } from 'node:util';
import { isSteelyardError } from '../../src/contracts/index.ts';
import { trainModel } from '../../src/engine/train/train.ts';
import { modelCard } from './model-card.ts';

const { values: flags } = parseArgs({
  options: {
    config: { type: 'string', default: 'examples/support-desk/train.yaml' },
    out: { type: 'string', default: 'examples/support-desk/model' },
    resume: { type: 'boolean', default: false },
  },
});
const aborter = new AbortController();
process.once('SIGINT', () => aborter.abort());
let spoken = performance.now();
try {
  const { written, accuracy } = await trainModel({
    ...flags,
    base: process.cwd(),
    signal: aborter.signal,
    overwrite: true,
    card: modelCard,
    progress: ({ label, done, total, detail }) => {
      if (total === null || performance.now() - spoken < 30_000) return;
      spoken = performance.now();
      console.log(`  ${label}: ${done} of ${total}, ${detail}`);
    },
    onEpoch: ({ epoch, loss, score, seconds, tokensPerSecond }) =>
      console.log(
        `epoch ${epoch}: loss ${loss.toFixed(3)}, validation ${(100 * score).toFixed(1)} %, ${seconds.toFixed(0)} s, ${tokensPerSecond.toFixed(0)} tokens/s`,
      ),
  });
  for (const [split, share] of Object.entries(accuracy)) console.log(`${split}: ${(100 * share).toFixed(1)} % right`);
  console.log(`wrote ${written}`);
} catch (error) {
  if (!isSteelyardError(error)) throw error;
  console.error(aborter.signal.aborted ? 'stopped; --resume goes on from the last checkpoint' : error.message);
  if (error.hint !== undefined && !aborter.signal.aborted) console.error(error.hint);
  process.exitCode = 1;
}
