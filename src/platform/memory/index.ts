export { MemoryTide } from './memory-tide.js';
