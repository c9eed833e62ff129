export { check, type Complaint } from './check.ts';
export { closest } from './closest.ts';
export { locate, place, plainOf, type Located } from './located.ts';
