/** Bounds on data files. They are generous for real data and stop hostile files early. */
export const limits = {
  /** Characters of one line or record. */
  rowChars: 16 * 1024 * 1024,
  /** The same for CSV, whose quotes may swallow a whole file. */
  csvRowChars: 4 * 1024 * 1024,
  /** Characters of one text field. */
  textChars: 1_000_000,
  columns: 10_000,
  rows: 5_000_000,
  /** Characters of one label, id or group value. */
  nameChars: 1000,
  /** Distinct labels of one data set. */
  labels: 100_000,
  /** Nesting and element count of one array in JSON. */
  arrayDepth: 16,
  arrayElements: 16_777_216,
  /** Bytes of one array file or archive member once unpacked. */
  arrayBytes: 2 ** 31,
  archiveMembers: 10_000,
} as const;
