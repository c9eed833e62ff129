import type { Context, Model, Refusal, TechniqueResult } from '../../contracts/index.ts';
import { distanceOf, referenceOf } from './mixed/sensitivity.ts';

/** Calibration batches that each trial looks at. */
const trialBatches = 2;

const percent = (share: number): string => `${(share * 100).toPrecision(3)} %`;

/** Build with so many bits, and with more for as long as real inputs show outputs further than `limit` from the original's. Without
 *  calibration data the first build counts; where 8 bits are not enough either, nothing is changed, with the reason.
 *  Units: relative error in the L2 norm. Errors: those of `build`; `optimize/calibration` for data without rows; `runtime/…`. */
export const fewestBits = async (
  model: Model,
  bits: number,
  limit: number,
  build: (bits: number) => Promise<TechniqueResult>,
  context: Context,
): Promise<TechniqueResult> => {
  const first = await build(bits);
  if (context.calibration === null || first.changes.length === 0) return first;
  const reference = await referenceOf(model, trialBatches, context);
  const tried: Refusal[] = [];
  for (let now = bits, result = first; ; result = await build(now)) {
    const { error } = await distanceOf(result.model, reference, result.config, context);
    if (error <= limit) return { ...result, skipped: [...result.skipped, ...tried] };
    const reason = `${now} bits change the outputs by ${percent(error)}, more than ${percent(limit)}`;
    if (now >= 8) return { model, changes: [], skipped: [{ reason, nodes: [] }, ...tried] };
    tried.push({ reason: `${reason}: ${++now} were taken instead`, nodes: [] });
  }
};
