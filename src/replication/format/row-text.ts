/**
 * Settings of PostgreSQL that the text of a row depends on (docs/replica-format.md, section 8). Whoever makes that text,
 * to send it or to show what would be sent, sets all of them and leaves none to the server's configuration.
 */
export const rowTextSettings: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
};
