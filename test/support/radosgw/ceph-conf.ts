import { join } from 'node:path';

export interface CephPlace {
  folder: string;
  fsid: string;
  monPort: number;
  /** first of a few ports for the object store */
  osdPort: number;
  gatewayPort: number;
}

/** Where each daemon notes its process, so that whoever comes later can end it. */
export const pidFolder = (folder: string): string => join(folder, 'run');

const section = (name: string, settings: Record<string, string | number | boolean>): string =>
  [`[${name}]`, ...Object.entries(settings).map(([key, value]) => `${key} = ${String(value)}`)].join('\n');

/** One monitor, one store, one gateway, all on loopback, nothing kept twice, nobody asked for a ticket. */
export function cephConf({ folder, fsid, monPort, osdPort, gatewayPort }: CephPlace): string {
  const run = pidFolder(folder);
  const network = {
    'mon host': `v1:127.0.0.1:${monPort}`,
    'public addr': '127.0.0.1',
    'cluster addr': '127.0.0.1',
    'ms bind msgr2': false,
    'ms bind port min': osdPort,
    'ms bind port max': osdPort + 60,
    'auth cluster required': 'none',
    'auth service required': 'none',
    'auth client required': 'none',
  };
  const files = {
    keyring: join(folder, 'keyring'),
    'run dir': run,
    'pid file': join(run, '$name.pid'),
    'admin socket': join(run, '$name.asok'),
    'log file': join(folder, '$name.log'),
    'mon cluster log file': join(folder, 'cluster.log'),
    'crash dir': folder,
  };
  const singleCopy = {
    'osd pool default size': 1,
    'osd pool default min size': 1,
    'osd pool default pg num': 4,
    'osd pool default pgp num': 4,
    'osd pool default pg autoscale mode': 'off',
    'osd crush chooseleaf type': 0,
    'mon allow pool size one': true,
    'mon max pg per osd': 1000,
    // the machine's disk may be nearly full; that is not what these tests are about
    'mon data avail crit': 1,
    'mon osd nearfull ratio': 0.98,
    'mon osd backfillfull ratio': 0.98,
    'mon osd full ratio': 0.99,
  };
  return `${[
    section('global', { fsid, ...network, ...files, ...singleCopy }),
    section('mon.a', { 'mon data': join(folder, 'mon'), 'mon addr': `v1:127.0.0.1:${monPort}` }),
    section('osd.0', {
      'osd data': join(folder, 'osd'),
      'osd objectstore': 'bluestore',
      'osd memory target': 900 * 1024 * 1024,
      'osd class update on start': false,
      'bluestore block size': 16 * 1024 ** 3,
    }),
    section('client.rgw.a', {
      'rgw frontends': `beast endpoint=127.0.0.1:${gatewayPort}`,
      // so that bucket.localhost is understood as well as localhost/bucket
      'rgw dns name': 'localhost',
      'rgw enable usage log': false,
      'rgw thread pool size': 64,
    }),
  ].join('\n\n')}\n`;
}
