import { workBoss, workGraphile, type FromWorker } from './queues.ts';

// A worker process of the bench. Arguments: library, folder it lies in, database, how long a job takes in ms.
const [name = '', libraries = '', url = '', holdMs = '0'] = process.argv.slice(2);
const say = (what: FromWorker['what']): void =>
  void process.send!({ what, at: performance.timeOrigin + performance.now() });
const started = async (): Promise<void> => {
  say('started');
  if (Number(holdMs) > 0) await new Promise((resolve) => setTimeout(resolve, Number(holdMs)));
};
process.on('disconnect', () => process.exit());
process.once('message', () => void (name === 'pg-boss' ? workBoss : workGraphile)(libraries, url, started));
say('ready');
