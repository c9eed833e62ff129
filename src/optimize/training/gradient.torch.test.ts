import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Value } from '../../contracts/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { emitter, extend, int } from '../writing/emit.ts';
import { differentiate } from './gradient.ts';
import { evaluate } from './testing/differences.ts';

const python = process.env['STEELYARD_PYTHON'];
const hasTorch = (): boolean => {
  if (python === undefined) return false;
  try {
    execFileSync(python, ['-c', 'import torch, onnx, onnxscript'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const able = hasTorch();
if (!able)
  process.stderr.write(
    'skipped: gradients against torch, for STEELYARD_PYTHON names no Python with torch, onnx and onnxscript\n',
  );

/** Three small networks, exported both ways with their weights' names kept, and torch's gradients of Σ output·cos(place). */
const source = `
import json, sys, logging, warnings, contextlib, io
import torch
from torch import nn
warnings.filterwarnings('ignore'); logging.disable(logging.CRITICAL); torch.set_num_threads(1)
folder = sys.argv[1]

class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(11, 8), nn.Embedding(7, 8)
        self.q, self.k, self.v, self.o = (nn.Linear(8, 8) for _ in range(4))
        self.up, self.down = nn.Linear(8, 12), nn.Linear(12, 8)
        self.n0, self.n1, self.n2 = (nn.LayerNorm(8) for _ in range(3))
        self.out = nn.Linear(8, 3)
    def forward(self, ids, mask):
        x = self.n0(self.words(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))[None])
        heads = lambda t: t.view(t.shape[0], t.shape[1], 2, 4).transpose(1, 2)
        s = heads(self.q(x)) @ heads(self.k(x)).transpose(-1, -2) / 2.0
        s = s.masked_fill(mask[:, None, None, :] == 0, -1e4)
        a = (s.softmax(-1) @ heads(self.v(x))).transpose(1, 2).reshape(x.shape)
        x = self.n1(x + self.o(a))
        x = self.n2(x + self.down(nn.functional.gelu(self.up(x))))
        return self.out(torch.tanh(x[:, 0]))

class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.b1 = nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.c2, self.g2 = nn.Conv2d(4, 4, 3, groups=4, stride=2, padding=1), nn.GroupNorm(2, 4)
        self.c3 = nn.Conv2d(4, 6, 1)
        self.out = nn.Linear(6, 3)
        for p in (self.b1.running_mean, self.b1.running_var): p.uniform_(0.5, 1.5)
    def forward(self, x):
        x = nn.functional.max_pool2d(nn.functional.relu(self.b1(self.c1(x))), 2)
        x = nn.functional.silu(self.g2(self.c2(x)))
        x = nn.functional.avg_pool2d(nn.functional.hardswish(self.c3(x)), 2)
        return self.out(x.mean((2, 3)))

class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(9, 5)
        self.lstm = nn.LSTM(5, 4, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(8, 3, batch_first=True)
        self.out = nn.Linear(3, 2)
    def forward(self, ids):
        x, _ = self.lstm(self.words(ids))
        x, h = self.gru(x)
        return self.out(x.mean(1) + h[-1])

torch.manual_seed(1)
ids = torch.tensor([[2, 5, 7, 3, 0], [2, 9, 9, 1, 3]])
cases = {
    'bert': (Bert(), {'ids': ids, 'mask': torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]])}),
    'cnn': (Cnn(), {'x': torch.randn(2, 2, 8, 8)}),
    'memory': (Memory(), {'ids': ids % 9}),
}
answer = {}
for name, (model, inputs) in cases.items():
    # The exporter keeps equal weights once.
    for p in model.parameters(): p.data.add_(torch.rand_like(p) * 0.5)
    model.eval()
    y = model(*inputs.values())
    model.zero_grad()
    (y * torch.cos(torch.arange(y.numel(), dtype=torch.float32)).reshape(y.shape)).sum().backward()
    one = {'inputs': {k: {'dtype': str(v.dtype).split('.')[1], 'dims': list(v.shape), 'data': v.flatten().tolist()} for k, v in inputs.items()},
           'output': y.flatten().tolist(),
           'gradients': {k: p.grad.flatten().tolist() for k, p in model.named_parameters()}, 'files': {}}
    for way, options in (('script', dict(dynamo=False, do_constant_folding=False, opset_version=17)), ('dynamo', dict(dynamo=True, optimize=False, external_data=False))):
        path = f'{folder}/{name}-{way}.onnx'
        with contextlib.redirect_stdout(io.StringIO()):
            torch.onnx.export(model, tuple(inputs.values()), path, input_names=list(inputs), output_names=['y'], **options)
        one['files'][way] = path
    answer[name] = one
json.dump(answer, open(f'{folder}/answer.json', 'w'))
`;

interface Answer {
  readonly inputs: Record<string, { dtype: 'float32' | 'int64'; dims: number[]; data: number[] }>;
  readonly output: number[];
  readonly gradients: Record<string, number[]>;
  readonly files: Record<string, string>;
}

const folder = mkdtempSync(join(tmpdir(), 'steelyard-torch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(!able)(
  'a BERT block, a CNN and recurrent layers, as both exporters write them: every weight has torch’s gradient',
  async () => {
    execFileSync(python!, ['-c', source, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
    const answers = JSON.parse(readFileSync(join(folder, 'answer.json'), 'utf8')) as Record<string, Answer>;
    for (const [network, answer] of Object.entries(answers))
      for (const [way, file] of Object.entries(answer.files)) {
        const label = `${network}, ${way}`;
        const model = await decodeFile(file);
        const before = emitter(model);
        const count = answer.output.length;
        const flat = before.emit('Reshape', ['y', before.integers([-1])]);
        const place = before.emit('Range', [
          before.scalar('float32', 0),
          before.scalar('float32', count),
          before.scalar('float32', 1),
        ]);
        const product = before.emit('Mul', [flat, before.emit('Cos', [place])]);
        const loss = before.emit('ReduceSum', [product], { keepdims: int(0) });
        const measured = extend(model, before);
        const names = Object.keys(answer.gradients).filter((name) => model.graph.initializers.has(name));
        expect(names, label).toEqual(Object.keys(answer.gradients));
        const to = emitter(measured);
        const found = differentiate(measured, loss, names, to);
        const all = extend(measured, to);
        const info = (name: string) => ({ name, type: null });
        const run = await evaluate({ ...all, graph: { ...all.graph, outputs: ['y', ...found.values()].map(info) } });
        const feeds: Record<string, Value> = {};
        for (const { name } of model.graph.inputs) {
          const { dtype, dims, data } = answer.inputs[name]!;
          feeds[name] =
            dtype === 'int64'
              ? { dtype, dims, data: BigInt64Array.from(data, BigInt) }
              : { dtype, dims, data: Float32Array.from(data) };
        }
        const outputs = await run(feeds);
        const near = (got: ArrayLike<number>, expected: readonly number[], what: string): void => {
          expect(got.length, what).toBe(expected.length);
          const size = Math.max(1e-3, ...expected.map(Math.abs));
          const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
          expect(worst / size, what).toBeLessThan(1e-4);
        };
        near(outputs['y']!.data as Float32Array, answer.output, `${label}: answer`);
        for (const name of names)
          near(outputs[found.get(name)!]!.data as Float32Array, answer.gradients[name]!, `${label}: ${name}`);
      }
  },
  300_000,
);
