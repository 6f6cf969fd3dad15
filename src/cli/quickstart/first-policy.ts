import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditTrail } from '../../audit/index.js';
import { loadConfig } from '../../platform/config/index.js';
import { createDataSource } from '../../platform/database/index.js';
import { systemContext } from '../../platform/http/index.js';
import { bootstrapPolicy, readActivePolicy } from '../../replication/policy/index.js';
import { withCommandContext } from '../command-context.js';
import { checkoutFolder } from './demo-loader.js';
import type { Home } from './home.js';

/**
 * Puts the policy in force with which an installation begins: the demo's, or one that lets nothing leave but what people
 * need to sign in. Every later one takes two people.
 */
export async function activateFirstPolicy(home: Home, isDemo: boolean): Promise<void> {
  const configFile = home.config('server');
  const yaml = await readFile(
    join(checkoutFolder(), 'config', isDemo ? 'demo-policy.yaml' : 'starter-policy.yaml'),
    'utf8',
  );
  const { maintainerUrl } = loadConfig({ file: configFile }).database;
  if (maintainerUrl === null) throw new TypeError('the server’s config has no maintainer');
  const settings = {
    url: maintainerUrl,
    entities: [],
    poolSize: 2,
    applicationName: 'holdfast first policy',
    statementTimeoutMs: 0,
  };
  const maintainer = await createDataSource(settings).initialize();
  try {
    if ((await readActivePolicy(maintainer)) !== null) return;
    await withCommandContext(configFile, (context) =>
      bootstrapPolicy(
        maintainer,
        context.get(AuditTrail),
        systemContext('first start'),
        yaml,
        'the first policy of this installation',
      ),
    );
  } finally {
    await maintainer.destroy();
  }
}
