// npm run bench: lists the benches; npm run bench -- <name> … runs them one after another. Run them on an idle machine.
const benches: Readonly<
  Record<string, { readonly what: string; readonly load: () => Promise<{ run: () => Promise<void> }> }>
> = {
  codec: { what: 'decode and encode against a plain copy; memory', load: () => import('./codec.ts') },
  quantize: {
    what: 'dynamic int8 of a BERT-base-shaped model: time, memory, latency',
    load: () => import('./quantize.ts'),
  },
  latency: { what: 'ONNX Runtime’s own graph optimization on a real model', load: () => import('./latency.ts') },
  'aa-validity': {
    what: 'how often identical models are called different, and a slower one found: --sessions <n> --seconds <n>',
    load: () => import('./aa-validity.ts'),
  },
  statistics: { what: 'false alarms and coverage by simulation', load: () => import('./statistics.ts') },
  load: { what: 'the load generator: dispatch error, own overhead, Poisson arrivals', load: () => import('./load.ts') },
  'peer-dynamic': {
    what: 'dynamic int8 against ONNX Runtime’s quantize_dynamic (Python)',
    load: async () => (await import('./peers.ts')).dynamicPeers,
  },
  'peer-static': {
    what: 'static int8 against ONNX Runtime’s quantize_static (Python)',
    load: async () => (await import('./peers.ts')).staticPeers,
  },
  'peer-blocks': {
    what: '4-bit weights against ONNX Runtime’s MatMulNBitsQuantizer (Python)',
    load: async () => (await import('./peers.ts')).blockPeers,
  },
  gptq: {
    what: 'GPTQ against round to nearest; time for a BERT-base-shaped model',
    load: () => import('./gptq.ts'),
  },
  large: {
    what: '8 GB of 7-billion-parameter shapes to 4 bits: time and peak memory',
    load: () => import('./large.ts'),
  },
  laws: {
    what: 'what makes one matrix product faster on this CPU: fewer columns, low rank, zeros, fewer bits; and what ONNX Runtime fuses by itself',
    load: () => import('./laws.ts'),
  },
  fusions: { what: 'which graph fusions pay on this CPU', load: () => import('./fusions.ts') },
  distill: {
    what: 'the CLINC150 classifier trimmed, distilled and quantized: size, speed, accuracy; takes half an hour',
    load: () => import('./distill.ts'),
  },
  compress: {
    what: 'every technique that makes a network smaller, alone, on CLINC150: writes bench/what-shrinks.md; --seeds 3 --quick; resumable, takes an hour',
    load: () => import('./compress.ts'),
  },
  repair: {
    what: 'closed-form repair of cut models: error and accuracy before and after, on CLINC150',
    load: () => import('./repair.ts'),
  },
  attacks: {
    what: 'attacks on the CLINC150 classifier and its int8 version: seconds, queries, accuracy',
    load: () => import('./attacks.ts'),
  },
  robustness: {
    what: 'robustness of the CLINC150 classifier and its int8 version: seconds and questions per second',
    load: () => import('./robustness.ts'),
  },
  evaluation: {
    what: 'answering examples against a plain loop over ONNX Runtime: tokens per second',
    load: () => import('./evaluation.ts'),
  },
  buckets: {
    what: 'texts padded to a few lengths against their own lengths; calls of texts of similar lengths against texts as they come',
    load: () => import('./buckets.ts'),
  },
  queue: {
    what: 'two job queues on PostgreSQL: enqueuing, draining 10,000 jobs, latency, a killed worker; installs both in a temporary folder',
    load: () => import('./queue.ts'),
  },
  crash: {
    what: 'kill -9 of parent, workers and PostgreSQL at random moments: --kills <n> --local-kills <n> --seed <n>; exit code 1 on any fault',
    load: () => import('./crash.ts'),
  },
  workers: {
    what: 'one to six local workers over a queue: how much sooner versions are built and answer',
    load: () => import('./workers.ts'),
  },
  store: {
    what: 'records in files against PostgreSQL: appends, finds, reopening, memory',
    load: () => import('./store.ts'),
  },
  'search-table': {
    what: 'look at every combination of a small space at every rung: --scenario <file> --out <table.json> [--dry]; resumable; takes hours',
    load: () => import('./search-table.ts'),
  },
  search: {
    what: 'searchers against going through everything: --table <table.json>; draws a plot beside it',
    load: () => import('./search.ts'),
  },
  records: {
    what: 'a run of 5,000 and of 50,000 records: memory, reopening, finding',
    load: () => import('./records.ts'),
  },
  training: { what: 'training throughput against ONNX Runtime’s own MatMul', load: () => import('./training.ts') },
};

// What is measured is made here, not taken from earlier runs.
process.env['STEELYARD_CACHE'] ??= 'off';

// Names first; from the first option on, everything is the bench's own.
const words = process.argv.slice(2);
const options = words.findIndex((word) => word.startsWith('--'));
const names = options < 0 ? words : words.slice(0, options);
const unknown = names.find((name) => !Object.hasOwn(benches, name));
if (unknown !== undefined) {
  console.error(`unknown bench "${unknown}"; known: ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else if (names.length === 0) {
  console.log('npm run bench -- <name> …');
  for (const [name, { what }] of Object.entries(benches)) console.log(`  ${name.padEnd(12)} ${what}`);
} else
  for (const name of names) {
    console.log(`== ${name}`);
    await (await benches[name]!.load()).run();
  }
