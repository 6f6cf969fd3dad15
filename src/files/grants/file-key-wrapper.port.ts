/** How the data key of a single file reaches the connector. Implemented by `replication`. */
export interface FileKeyWrapper {
  /** the connector's public key; null where nobody has brought it yet */
  recipient(): Promise<string | null>;
  /** @returns base64 of what only the recipient opens */
  wrap(dataKey: Buffer, recipient: string): Promise<string>;
}

/** Nest token of FileKeyWrapper. */
export const FILE_KEY_WRAPPER = Symbol('FILE_KEY_WRAPPER');
