export {
  openDispatch,
  type Dispatch,
  type DispatchSettings,
  type Envelope,
  type Order,
  type Undone,
} from './dispatch.ts';
export { parseLabels } from './labels.ts';
export { overview, type Overview } from './overview.ts';
export { anyWorker, lacks, type Labels, type Requirement, type Worker } from './requirement.ts';
export type { Present } from './crew-list.ts';
export { work, type WorkSettings } from './work.ts';
