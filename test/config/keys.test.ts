import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { loadConfig } from '../../src/config/load.ts';
import { type Config, documented } from '../../src/config/schema.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

interface Documented {
  readonly row: string;
  /** Undefined: the key must be given. */
  readonly fallback?: unknown;
  /** What else it may be. */
  readonly taken: readonly unknown[];
  readonly refused: readonly unknown[];
}

const WINDOWS = { taken: ['18:00-05:00', '06:00-00:00'], refused: ['06:00-24:00', '6-18'] };
const LIMIT = { fallback: 5, taken: [1, 100], refused: [0, -1, '5'] };
const FREE = { fallback: '', taken: ['anything'], refused: [1, null] };

const KEYS: Record<keyof typeof documented, Documented> = {
  servertype: { row: 'BC-01, BN-002', taken: ['receiver', 'cacher'], refused: ['', 'peer', 'Sender'] },
  machinetype: { row: 'BC-02', fallback: 'local', taken: ['hwecs'], refused: ['cloud'] },
  receiverid: { row: 'BC-03', ...FREE, taken: ['cfec0001'] },
  vip: { row: 'BC-04', ...FREE, taken: ['127.0.0.1'] },
  basedatapath: { row: 'BC-05, BN-003, BD-31', fallback: '/data/dcp', taken: ['/srv/films'], refused: ['/data/', 'x'] },
  basesubdir: {
    row: 'BC-06, BN-008, BN-009',
    fallback: 'cfec-001',
    taken: ['abcde-0001'],
    refused: ['cfec_001', 'a/b', ''],
  },
  avoidrepeat: { row: 'BC-07', fallback: true, taken: [false], refused: ['true', 1] },
  ctcs: { row: 'BC-08', fallback: '127.0.0.1:2780', taken: ['localhost:2780'], refused: ['2780'] },
  senderid: { row: 'BC-09, C-31', fallback: 'cfec', taken: ['abc', 'cfec001'], refused: ['cf_ec', 'cf-ec'] },
  senderdomain: { row: 'BC-10, BN-010', fallback: '', taken: ['http://127.0.0.1:80'], refused: ['http://127.0.0.1/'] },
  'bt-obs-cdn': { row: 'BC-11', fallback: '1:1:1', taken: ['2:1:1', '0:0:1'], refused: ['0:0:0', '1:1'] },
  priorpolicy: { row: 'BC-12', fallback: 'fulltime', taken: ['priortime'], refused: ['sometimes'] },
  tracker: { row: 'BC-13', ...FREE, taken: ['http://127.0.0.1:6969/announce'] },
  defaultseedtime: { row: 'BC-14, BN-015, C-47', fallback: '72', taken: ['0', '168'], refused: [72, '3d', ''] },
  obsurl: { row: 'BC-15, BN-009', fallback: '', taken: ['obs://cfec-001'], refused: ['obs://cfec_001', 'cfec-001'] },
  cdnurl: { row: 'BC-16, BN-010', fallback: '', taken: ['https://127.0.0.1'], refused: ['http://127.0.0.1/'] },
  bttime: { row: 'BC-17, C-12', fallback: '00:00-23:59', ...WINDOWS },
  obstime: { row: 'BC-18, BO-06', fallback: '00:00-08:00', ...WINDOWS },
  cdntime: { row: 'BC-19, BO-06', fallback: '08:00-18:00', ...WINDOWS },
  ctfilesorder: { row: 'BC-20, P-025', fallback: false, taken: [true], refused: ['true'] },
  obsak: { row: 'BC-21', ...FREE },
  obssk: { row: 'BC-22', ...FREE },
  obsendpoint: { row: 'BC-23, BO-01', ...FREE, taken: ['obs.example.invalid', 'https://obs.example.invalid'] },
  datasource: { row: 'BC-24, C-35', fallback: 'local', taken: ['obs'], refused: ['bucket'] },
  receiverstoreplan: { row: 'BC-25', fallback: 'A', taken: ['B'], refused: ['C', 'a'] },
  uploadingnum: { row: 'BC-26', ...LIMIT },
  downloadingnum: { row: 'BC-27', ...LIMIT },
  hashtable: { row: 'BC-28, C-28', fallback: '/etc/bft2/hashtable.txt', taken: ['/srv/table'], refused: ['table'] },
};

describe('config: the documented keys (decision 31)', () => {
  const at = temporaryDirectory();
  const load = async (keys: object): Promise<Config> => {
    await writeFile(at('config.json'), JSON.stringify({ servertype: 'receiver', ...keys }));
    return loadConfig(at('config.json'));
  };

  for (const [key, { row, fallback, taken, refused }] of Object.entries(KEYS)) {
    it(`${row}: ${key} is ${JSON.stringify(fallback) ?? 'given'} or what it is set to, and nothing wrong`, async () => {
      if (fallback !== undefined) assert.equal((await load({}))[key as keyof Config], fallback);
      else
        await assert.rejects(load({ [key]: undefined }), { code: 'CONFIG_INVALID', message: new RegExp(`'${key}'`) });
      for (const value of taken) assert.equal((await load({ [key]: value }))[key as keyof Config], value);
      for (const value of refused) {
        const message = new RegExp(`"${key}"`);
        await assert.rejects(load({ [key]: value }), { code: 'CONFIG_INVALID', message }, JSON.stringify(value));
      }
    });
  }

  it('C-28: the configuration lies at /etc/bft2/config.json, or where it is said to', () => {
    const say = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
      const options = { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 20_000 } as const;
      const { stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
      return stdout + stderr;
    };
    assert.match(say(['--help']), /default \$BFT2_CONFIG, else \/etc\/bft2\/config\.json/);
    assert.match(say([], { BFT2_CONFIG: at('env.json') }), new RegExp(`no configuration at ${at('env.json')}`));
    const both = say(['--config', at('option.json')], { BFT2_CONFIG: at('env.json') });
    assert.match(both, new RegExp(`no configuration at ${at('option.json')}`));
  });
});
