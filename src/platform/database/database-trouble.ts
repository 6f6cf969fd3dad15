/** By SQLSTATE (PostgreSQL docs, "PostgreSQL Error Codes") or by Node's name for a failed connection. */
const troubles: Readonly<Record<string, string>> = {
  '53100':
    'The disk of the database is full. What was under way was rolled back; it goes on by itself when there is room where PostgreSQL keeps its data.',
  '53200':
    'The database has no memory left for this. It is tried again; give PostgreSQL more, or run less beside it.',
  '53300':
    'The database has no connection left. It is tried again; raise max_connections or stop what holds them.',
  '28P01':
    'The database refuses the password. Nothing goes on until the one in the configuration and the one of the role are the same (docs/administration.md).',
  '28000':
    'The database refuses this role (pg_hba.conf, or no right to connect). Nothing goes on until it lets it in (docs/administration.md).',
  '3D000': 'The database named in the configuration does not exist.',
  '42501':
    'The role in the configuration lacks a right in the database. Run `holdfast migrate`, which grants them; if that was done, the role is another one (docs/administration.md).',
  '25006': 'The database is read-only: it is a standby. Name the primary in the configuration.',
  '55P03': 'The database holds a lock for longer than may be waited. It is tried again.',
  '57P01': 'The connection was ended by an administrator of the database. It is tried again.',
  '57P03': 'The database is starting or stopping. It goes on when the database is ready.',
  ECONNREFUSED: 'The database does not answer: nothing listens at its address. It goes on when it is back.',
  ECONNRESET: 'The connection to the database broke. It is tried again.',
  ENOTFOUND:
    'The name of the database server is not known. Look at the address in the configuration and at DNS.',
  ETIMEDOUT: 'The database did not answer in time. It is tried again.',
};

/** In words for a status page what is wrong and what to do; undefined for what has no words here. Quotes nothing. */
export function databaseTrouble(code: string): string | undefined {
  return Object.hasOwn(troubles, code) ? troubles[code] : undefined;
}
