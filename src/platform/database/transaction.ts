import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

export type Isolation = 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

/** Anything that runs SQL: a data source (each call on a connection of its own), a query runner, a manager. */
export type SqlRunner = DataSource | QueryRunner | EntityManager;

/**
 * Runs SQL with parameters and answers its rows; for UPDATE and DELETE those of its RETURNING clause.
 * TypeORM answers these two with a pair of rows and count, which is what this smooths over.
 */
export async function query<T>(runner: SqlRunner, sql: string, parameters: unknown[] = []): Promise<T[]> {
  const result: unknown = await runner.query(sql, parameters as never[]);
  const isPair = Array.isArray(result) && result.length === 2 && typeof result[1] === 'number';
  return (isPair ? result[0] : result) as T[];
}

/** Runs `work` in one transaction: commits what it wrote when it resolves, rolls everything back when it throws. */
export async function withTransaction<T>(
  dataSource: DataSource,
  work: (tx: QueryRunner) => Promise<T>,
  options: { isolation?: Isolation } = {},
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    await runner.startTransaction(options.isolation);
    const result = await work(runner);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    await rollBack(runner);
    throw error;
  } finally {
    await runner.release();
  }
}

async function rollBack(runner: QueryRunner): Promise<void> {
  if (!runner.isTransactionActive) return;
  // a lost connection has rolled back already, and its error must not hide the first one
  await runner.rollbackTransaction().catch(() => undefined);
}
