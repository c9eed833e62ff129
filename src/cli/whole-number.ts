import { InvalidArgumentError } from 'commander';

/** Reads a whole number in [1, most] for commander. */
export const wholeNumber =
  (most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most)
      throw new InvalidArgumentError(`expected a whole number from 1 to ${most}`);
    return value;
  };
