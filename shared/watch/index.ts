export { lookFor, WATCH_BOUNDS, watch } from './watch.ts';
