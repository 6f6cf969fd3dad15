export { MemoryTide } from './memory-tide.js';
export { release } from './release.js';
