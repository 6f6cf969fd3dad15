// Each fault test once more, without the defence that it is about. HOLDFAST_TEST_FAULTS="F07 F12" makes it shorter.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const HOUR_MS = 3_600_000;
const ids = (process.env['HOLDFAST_TEST_FAULTS'] ?? '').split(' ').filter(Boolean);
const script = fileURLToPath(new URL('../../scripts/faults.mjs', import.meta.url));

it(
  'each fault test fails without its defence',
  async () => {
    const child = spawn(process.execPath, [script, '--prove-all', ...ids], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (block: Buffer) => (output += block.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    process.stderr.write(output);
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(/\d+ defences: each test failed without its defence/),
    });
  },
  HOUR_MS,
);
