// Regenerates onnx_pb.ts from the ONNX schema (onnx/onnx-ml.proto of github.com/onnx/onnx; here: release 1.23.1, IR version 14).
// Needs protoc (Debian: protobuf-compiler) and @bufbuild/protoc-gen-es 2.13.0. From a folder that holds onnx-ml.proto as onnx.proto:
//   npm install @bufbuild/protoc-gen-es@2.13.0
//   protoc --plugin=node_modules/.bin/protoc-gen-es --es_out=. --es_opt=target=ts,import_extension=ts onnx.proto
//   node src/model/onnx/generated/regenerate.mjs onnx_pb.ts > src/model/onnx/generated/onnx_pb.ts
// This script turns enums into constant objects, as the project compiles erasable syntax only, and drops long comments.
import { readFileSync } from 'node:fs';

const text = readFileSync(process.argv[2], 'utf8')
  .replace(/export enum (\w+) \{([^}]*(?:\{[^}]*\}[^}]*)*?)\n\}/g, (_, name, body) => {
    const members = [...body.replace(/\/\*\*[\s\S]*?\*\//g, '').matchAll(/^\s*(\w+) = (\d+),/gm)];
    const lines = members.map(([, key, value]) => `  ${key}: ${value},`).join('\n');
    return `export const ${name} = {\n${lines}\n} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`;
  })
  .replace(/\/\*\*(?!\/)[\s\S]*?\*\//g, (comment) => {
    const generated = /@generated from [^\n]*/.exec(comment);
    return generated === null ? '' : `/** ${generated[0]} */`;
  })
  .replace(/^\s*\n/gm, '');
const cut = text.indexOf('import type');
process.stdout.write(`// Copyright (c) ONNX Project Contributors.
// SPDX-License-Identifier: Apache-2.0
// Generated from onnx-ml.proto of the ONNX project by protoc-gen-es 2.13.0; see regenerate.mjs. Do not edit.
/* eslint-disable */
${text.slice(cut)}`);
