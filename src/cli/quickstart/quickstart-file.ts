import { writeSecretFile, type Home, type HomeState } from './home.js';

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
}

export interface QuickstartFacts {
  readonly primaryUrl: string;
  readonly replicaUrl: string;
  readonly processes: readonly RunningProcess[];
}

/** What scripts and people need to try the installation. Written once everything in it is true. */
export async function writeQuickstartFile(
  home: Home,
  state: HomeState,
  facts: QuickstartFacts,
): Promise<string> {
  const path = home.quickstartFile;
  const content = {
    primary: { url: facts.primaryUrl },
    replica: { url: facts.replicaUrl, apiToken: state.replicaApiToken },
    bucket: home.bucketUrl,
    users: state.people.map(({ email, password, role }) => ({ email, password, role })),
    apiToken: state.apiToken,
    processes: facts.processes,
  };
  await writeSecretFile(path, `${JSON.stringify(content, null, 2)}\n`);
  return path;
}
