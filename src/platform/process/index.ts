export { configOrExit, stopOnSignals } from './run-process.js';
