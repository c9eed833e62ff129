const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, Math.min(to, bytes.length)));

const startsWith: readonly (readonly [string, string])[] = [
  ['PK\x03\x04', 'a zip archive (also PyTorch .pt and Keras .keras files are zip archives)'],
  ['\x1f\x8b', 'a gzip archive: unpack it first'],
  ['version https://git-lfs', 'a Git LFS pointer, not the file itself: run "git lfs pull" in its repository'],
  ['GGUF', 'a GGUF model (llama.cpp)'],
  ['\x89HDF', 'an HDF5 file (Keras .h5)'],
  ['\x89PNG', 'a PNG image'],
  ['%PDF', 'a PDF document'],
  ['\x93NUMPY', 'a NumPy array'],
  ['PAR1', 'a Parquet file'],
  ['\x80\x02', 'a Python pickle (old PyTorch .pt)'],
  ['\x80\x04', 'a Python pickle'],
  ['BZh', 'a bzip2 archive: unpack it first'],
  ['7z\xbc\xaf', 'a 7-Zip archive: unpack it first'],
  ['\xfd7zXZ', 'an xz archive: unpack it first'],
  ['(\xb5/\xfd', 'a Zstandard archive: unpack it first'],
  ['\x7fELF', 'a program, not a model'],
  ['MZ', 'a Windows program, not a model'],
];

/** What the first bytes of a file look like when they cannot be an ONNX model, in words for an error message; null when they might be one.
 *  Every pattern is impossible at the start of a ModelProto: the byte is no tag of a field that messages of ONNX have. */
export const sniff = (head: Uint8Array, sizeBytes: number): string | null => {
  if (sizeBytes === 0) return 'an empty file';
  const text = ascii(head, 0, 64);
  for (const [prefix, what] of startsWith) if (text.startsWith(prefix)) return what;
  if (text.slice(1, 8) === '\0\0\0TFL3') return 'a TensorFlow Lite model';
  if (text.slice(1, 8) === '\0\0\0ORTM') return 'a model in ORT format: use the .onnx file it was made from';
  if (head.length > 8 && text[8] === '{') {
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    if (view.getUint32(4, true) === 0 && view.getUint32(0, true) + 8 <= sizeBytes) return 'a safetensors file';
  }
  const trimmed = text.replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
  if (/^<(!doctype|html|head|\?xml)/i.test(trimmed))
    return /^<\?xml/i.test(trimmed)
      ? 'an XML document'
      : 'an HTML page (a download that ended at a login or error page?)';
  if (/^[{[]\s*["{[\]}\d]/.test(trimmed)) return 'a JSON document';
  return null;
};
