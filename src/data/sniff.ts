import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { SteelyardError } from '../contracts/index.ts';

export type DataFormat = 'jsonl' | 'csv' | 'tsv' | 'parquet' | 'npz' | 'npy';

const headBytes = 4096;
const starts = (head: Uint8Array, ...bytes: number[]): boolean => bytes.every((byte, index) => head[index] === byte);

/** What a file that we cannot read most likely is, by its first bytes; null when nothing is known. */
const foreign = (head: Uint8Array): string | null => {
  if (starts(head, 0x1f, 0x8b)) return 'a gzip archive';
  if (starts(head, 0x28, 0xb5, 0x2f, 0xfd)) return 'a Zstandard archive';
  if (starts(head, 0x42, 0x5a, 0x68)) return 'a bzip2 archive';
  if (starts(head, 0xfd, 0x37, 0x7a, 0x58, 0x5a)) return 'an xz archive';
  if (starts(head, 0x25, 0x50, 0x44, 0x46)) return 'a PDF document';
  if (starts(head, 0xd0, 0xcf, 0x11, 0xe0)) return 'an old Microsoft Office document';
  if (starts(head, 0x41, 0x52, 0x52, 0x4f, 0x57, 0x31)) return 'an Arrow file';
  if (starts(head, 0x53, 0x51, 0x4c, 0x69, 0x74, 0x65)) return 'a SQLite database';
  if (starts(head, 0x89, 0x50, 0x4e, 0x47) || starts(head, 0xff, 0xd8, 0xff)) return 'an image';
  if (starts(head, 0x7f, 0x45, 0x4c, 0x46)) return 'a program';
  return null;
};

const checkText = (path: string, head: Uint8Array): void => {
  const encoding = (name: string): never => {
    throw new SteelyardError(
      'data/encoding',
      `${path}: the text is ${name}, expected UTF-8`,
      'save the file as UTF-8, for example: iconv -f UTF-16 -t UTF-8 in.csv > out.csv',
    );
  };
  if (starts(head, 0xff, 0xfe) || starts(head, 0xfe, 0xff)) encoding('UTF-16 (byte order mark)');
  const zeros = [0, 0];
  for (let index = 0; index < head.length; index++) if (head[index] === 0) zeros[index % 2]! += 1;
  if (zeros[0]! + zeros[1]! === 0) return;
  const half = head.length / 2;
  // Latin text in UTF-16 has a zero in every second byte, and only there.
  if (zeros[1]! > half * 0.6 && zeros[0]! < half * 0.1) encoding('UTF-16 (little-endian, without a byte order mark)');
  if (zeros[0]! > half * 0.6 && zeros[1]! < half * 0.1) encoding('UTF-16 (big-endian, without a byte order mark)');
  throw new SteelyardError(
    'data/binary',
    `${path}: a binary file, expected JSONL, CSV, TSV, Parquet, npz or npy`,
    'export the data to one of these formats',
  );
};

/** The first bytes of a file. Errors: `data/missing`, `data/empty`. */
export const readHead = async (path: string): Promise<Uint8Array> => {
  try {
    const file = await open(path, 'r');
    try {
      if ((await file.stat()).isDirectory())
        throw new SteelyardError('data/missing', `${path} is a folder, expected a data file`, 'name a file inside it');
      const { bytesRead, buffer } = await file.read(new Uint8Array(headBytes), 0, headBytes, 0);
      if (bytesRead === 0)
        throw new SteelyardError('data/empty', `${path}: the file is empty`, 'give a file with rows');
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof SteelyardError) throw cause;
    throw new SteelyardError(
      'data/missing',
      `cannot read the data file ${path}: ${(cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (cause as Error).message}`,
      'paths of data are relative to the scenario file',
      { cause },
    );
  }
};

const byExtension: Readonly<Record<string, DataFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.parquet': 'parquet',
  '.npz': 'npz',
  '.npy': 'npy',
};

/** The format of a data file: binary formats by their first bytes, text formats by extension, then by look.
 *  Errors: `data/missing`, `data/empty`, `data/binary`, `data/encoding`, `data/format`. */
export const sniff = async (path: string): Promise<DataFormat> => {
  const head = await readHead(path);
  const extension = extname(path).toLowerCase();
  if (starts(head, 0x50, 0x41, 0x52, 0x31)) return 'parquet';
  if (starts(head, 0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)) return 'npy';
  if (starts(head, 0x50, 0x4b) && (extension === '.npz' || /\.npy/.test(Buffer.from(head).toString('latin1'))))
    return 'npz';
  const other = starts(head, 0x50, 0x4b) ? 'a zip archive (or an Office document)' : foreign(head);
  if (other !== null)
    throw new SteelyardError(
      'data/binary',
      `${path}: looks like ${other}, expected JSONL, CSV, TSV, Parquet, npz or npy`,
      'unpack it, or export the data to one of these formats',
    );
  const known = byExtension[extension];
  if (known === 'parquet' || known === 'npz' || known === 'npy')
    throw new SteelyardError(
      'data/format',
      `${path}: the file ends in ${extension} but does not begin like one`,
      'the file may be truncated, or a text file with the wrong extension',
    );
  checkText(path, head);
  if (known !== undefined) return known;
  const text = Buffer.from(head)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  if (/^\s*\{/.test(text)) return 'jsonl';
  if (/^\s*\[/.test(text))
    throw new SteelyardError(
      'data/format',
      `${path}: a JSON array, expected one JSON object per line (JSONL)`,
      'convert it, for example: jq -c ".[]" in.json > out.jsonl',
    );
  const first = text.split(/\r?\n/, 1)[0]!;
  if (first.includes('\t')) return 'tsv';
  if (first.includes(',')) return 'csv';
  throw new SteelyardError(
    'data/format',
    `${path}: not recognized as JSONL, CSV, TSV, Parquet, npz or npy`,
    'give the file one of these extensions',
  );
};
