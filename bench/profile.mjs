// node bench/profile.mjs <file.cpuprofile> [top]: where the time went, by function and by package.
import { readFileSync } from 'node:fs';
import { figure, table } from './support/report.mjs';

const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const top = Number(process.argv[3] ?? 40);
const byId = new Map(nodes.map((node) => [node.id, node]));
const self = new Map();
samples.forEach((id, index) => self.set(id, (self.get(id) ?? 0) + timeDeltas[index] / 1000));

const idle = new Set(['(idle)', '(program)', '(root)']);
const busy = [...self].filter(([id]) => !idle.has(byId.get(id).callFrame.functionName));
const total = busy.reduce((sum, [, ms]) => sum + ms, 0);

function packageOf({ url, functionName }) {
  if (functionName === '(garbage collector)') return functionName;
  if (url.startsWith('node:') || url === '') return 'node';
  return (
    /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ??
    url
      .replace(/^.*\/dist\//, '')
      .split('/')
      .slice(0, 3)
      .join('/')
  );
}

function grouped(nameOf) {
  const sums = new Map();
  for (const [id, ms] of busy) {
    const name = nameOf(byId.get(id).callFrame);
    sums.set(name, (sums.get(name) ?? 0) + ms);
  }
  return [...sums]
    .sort((a, b) => b[1] - a[1])
    .slice(0, top)
    .map(([name, ms]) => [figure((100 * ms) / total), figure(ms), name]);
}

/** Time of a function with all that it called; a function that calls itself counts once. */
function inclusive(nameOf) {
  const sums = new Map();
  const visit = (node, above) => {
    const name = nameOf(node.callFrame);
    const isOutermost = !above.has(name);
    if (isOutermost) above.add(name);
    let ms = idle.has(node.callFrame.functionName) ? 0 : (self.get(node.id) ?? 0);
    for (const child of node.children ?? []) ms += visit(byId.get(child), above);
    if (isOutermost) {
      above.delete(name);
      sums.set(name, (sums.get(name) ?? 0) + ms);
    }
    return ms;
  };
  visit(nodes[0], new Set());
  return [...sums]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 2 * top)
    .map(([name, ms]) => [figure((100 * ms) / total), figure(ms), name]);
}

const place = ({ functionName, url, lineNumber }) =>
  `${functionName || '(anonymous)'} ${url.replace(/^.*\/(dist|node_modules)\//, '')}:${lineNumber + 1}`;
console.log(table(['%', 'ms', 'package or room'], grouped(packageOf)));
console.log(`\n${table(['%', 'ms', 'function'], grouped(place))}`);
console.log(`\n${table(['%', 'ms', 'function with what it calls'], inclusive(place))}`);
