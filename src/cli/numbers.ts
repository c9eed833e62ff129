/** 12 345 678 → "12.3 MB". Decimal units, three significant digits. */
export const bytesText = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? String(value) : value.toPrecision(3)} ${units[unit]!}`;
};

/** 0.123 → "+12.3 %"; without a sign when `signed` is false. Small numbers keep two significant digits. */
export const percentText = (share: number, signed = true): string => {
  const percent = share * 100;
  const digits = percent === 0 ? '0' : Math.abs(percent) < 0.1 ? percent.toPrecision(2) : percent.toFixed(1);
  return `${signed && percent > 0 ? '+' : ''}${digits.replace('-', '−')} %`;
};

/** 12345 → "12,345". */
export const countText = (value: number): string => value.toLocaleString('en-US');
