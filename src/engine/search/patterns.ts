/** Whether an id fits one of these patterns; `*` stands for any run of characters. */
export const fits = (id: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) =>
    new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(id),
  );
