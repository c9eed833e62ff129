export { check, type Complaint } from './check.ts';
export { locate, place, plainOf, type Located } from './located.ts';
