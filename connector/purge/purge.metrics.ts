import { Counter } from 'prom-client';
import { metrics } from '../../src/platform/metrics/index.js';

export const partsSwept = new Counter({
  name: 'holdfast_publish_parts_swept_total',
  help: 'Parts that no manifest names, removed from the live generation',
  registers: [metrics],
});
