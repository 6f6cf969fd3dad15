export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param share 0 to 1 */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Runs the contenders in turn, A B B A A B …, so that whatever else the machine does hits them alike. */
export async function inTurns(rounds, contenders) {
  const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = Object.keys(contenders);
    if (round % 2 === 1) order.reverse();
    for (const name of order) results[name].push(await contenders[name](round));
  }
  return results;
}

/** The median of each number over the rounds. */
export function medians(samples) {
  const names = Object.keys(samples[0] ?? {}).filter((name) => typeof samples[0][name] === 'number');
  return Object.fromEntries(names.map((name) => [name, median(samples.map((sample) => sample[name]))]));
}
