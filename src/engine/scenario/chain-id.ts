import type { ChainStep, SessionOptions } from '../../contracts/index.ts';

/** A readable id: "fuse/constant-folding + quantize/dynamic(perChannel=true)". */
export const chainId = (steps: readonly ChainStep[], session: Partial<SessionOptions> = {}): string => {
  const parts = steps.map(({ technique, options }) => {
    const shown = Object.entries(options).map(
      ([key, value]) => `${key}=${Array.isArray(value) ? value.join(' ') : String(value)}`,
    );
    return shown.length === 0 ? technique : `${technique}(${shown.join(', ')})`;
  });
  const run = Object.entries(session).map(
    ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return parts.join(' + ') + (run.length === 0 ? '' : ` [${run.join(', ')}]`);
};
