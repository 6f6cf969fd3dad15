import type { AccessOptions } from './access/index.js';
import { installationOf, programVersion, publicUrlOf, type AppConfig } from './platform/config/index.js';

/** What both roles of the server tell the access module. */
export function accessOptionsOf(config: AppConfig, role: 'primary' | 'replica'): AccessOptions {
  return {
    role,
    installation: installationOf(config),
    publicUrl: publicUrlOf(config),
    version: programVersion,
  };
}
