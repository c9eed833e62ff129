/** "per-channel" → "perChannel": keys as the code has them. */
export const camel = (key: string): string => key.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
