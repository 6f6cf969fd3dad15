import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

interface Quickstart {
  readonly primary: { readonly url: string };
  readonly replica: { readonly url: string };
}

export function statusCommand(): Command {
  return withCommonOptions(new Command('status'))
    .description('Says whether server and replica answer, and what they wait for.')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const path = join(common.home, 'quickstart.json');
      const text = await readFile(path, 'utf8').catch(() => {
        throw new CliError(
          `There is no ${path}. Start Holdfast with \`npm start\`, or name its folder with --home.`,
        );
      });
      const { primary, replica } = JSON.parse(text) as Quickstart;
      const states = { primary: await readiness(primary.url), replica: await readiness(replica.url) };
      print(
        common,
        states,
        Object.entries(states).map(([name, { url, state }]) => `${name.padEnd(8)} ${url}  ${state}`),
      );
      if (Object.values(states).some(({ state }) => state !== 'ready'))
        throw new CliError('Not everything is ready.', { exitCode: 2 });
    });
}

async function readiness(url: string): Promise<{ url: string; state: string; checks: unknown }> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return { url, state: response.ok ? 'ready' : 'not ready', checks: await response.json() };
  } catch {
    return { url, state: 'does not answer', checks: null };
  }
}
