import type { AppConfig } from './app-config.js';
import type { ConfigProblem } from './config.errors.js';

/** What no single key can tell: which ones a role needs, and how they stand to each other. */
export function ruleProblems(config: AppConfig, whereOf: (key: string) => string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const refuse = (key: string, expectation: string): void => {
    problems.push({ key, expectation, where: whereOf(key) });
  };
  const { role, queue, bucket, http } = config;
  if (role !== 'replica' && queue.redisUrl === null && queue.databaseUrl === null)
    refuse(
      'queue.redisUrl',
      `a redis:// address, or queue.databaseUrl a postgres:// one, in the role ${role}`,
    );
  if (role !== 'primary' && bucket.url === null)
    refuse('bucket.url', `a file:/// or s3:// address in the role ${role}`);
  if (role === 'replica' && config.database.applyUrl === null)
    refuse('database.applyUrl', 'a postgres:// address in the role replica');
  if (http.limits.requestTimeoutMs < http.limits.headersTimeoutMs)
    refuse('http.limits.requestTimeoutMs', 'not less than http.limits.headersTimeoutMs');
  if (http.publicUrl !== null && new URL(http.publicUrl).pathname !== '/')
    refuse('http.publicUrl', 'an http:// or https:// address without a path');
  if ((bucket.accessKeyId === null) !== (bucket.secretAccessKey === null))
    refuse('bucket.secretAccessKey', 'set together with bucket.accessKeyId');
  return problems;
}
