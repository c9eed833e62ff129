/** The word after `--name` on the command line, or null. */
export const optionOf = (name: string): string | null => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
};

export const flagged = (name: string): boolean => process.argv.includes(`--${name}`);
