import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { loadConfig, redact } from '../../src/config/load.ts';
import { type Config, PATH_KEYS, SECRET_KEYS } from '../../src/config/schema.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const SENDER = { servertype: 'sender', senderdomain: 'http://127.0.0.1:8080', cdnurl: 'http://127.0.0.1:8081' };

describe('config: reading', () => {
  const at = temporaryDirectory();
  const text = async (content: string): Promise<Config> => {
    await writeFile(at('config.json'), content);
    return loadConfig(at('config.json'));
  };
  const load = (keys: object) => text(JSON.stringify({ servertype: 'receiver', ...keys }));
  const refused = (loading: Promise<unknown>, message: RegExp) =>
    assert.rejects(loading, (error: Error & { code?: unknown }) => {
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.ok(error.message.startsWith(`${at('config.json')}: `), error.message);
      assert.match(error.message.slice(at('config.json').length), message);
      return true;
    });

  it('BC-43, BO-06: has the windows that the installation recommends', async () => {
    const { bttime, obstime, cdntime } = await load({});
    assert.deepEqual([bttime, obstime, cdntime], ['00:00-23:59', '00:00-08:00', '08:00-18:00']);
  });

  it('decision 32: points at no host, and listens on the loopback address', async () => {
    const config = await load({});
    for (const key of [
      'senderdomain',
      'tracker',
      'obsurl',
      'cdnurl',
      'obsendpoint',
      'originlisten',
      'trackerlisten',
    ] as const) {
      assert.equal(config[key], '', key);
    }
    assert.equal(config.apilisten, '127.0.0.1:8191');
  });

  it('C-10: reads prior and priorpolicy alike; priorpolicy counts when both are there', async () => {
    assert.equal((await load({ prior: 'priortime' })).priorpolicy, 'priortime');
    assert.equal((await load({ priorpolicy: 'priortime' })).priorpolicy, 'priortime');
    assert.equal((await load({ prior: 'fulltime', priorpolicy: 'priortime' })).priorpolicy, 'priortime');
    await refused(load({ prior: 'always' }), /"priorpolicy" must be one of fulltime, priortime/);
  });

  it('gives what cannot be changed', async () => {
    const config = await load({});
    assert.throws(() => {
      (config as { servertype: string }).servertype = 'sender';
    }, TypeError);
  });

  it('says when there is no configuration, or none that can be read', async () => {
    for (const path of [at('gone.json'), at('no', 'where.json')]) {
      await assert.rejects(loadConfig(path), {
        code: 'CONFIG_MISSING',
        message: `there is no configuration at ${path}`,
      });
    }
    await mkdir(at('config.json'));
    await refused(loadConfig(at('config.json')), /EISDIR/);
  });

  it('BC-41: wants strict JSON, and says the line', async () => {
    await refused(text('{\n  "servertype": "receiver"\n  "vip": "127.0.0.1"\n}'), /line 3: Expected ',' or '}'/);
    await refused(text('{\n  "servertype": "receiver",\n\n  "avoidrepeat": True\n}'), /line 4: Unexpected token 'T'/);
    await refused(text('{\n  "servertype": "receiver",\n}'), /line 3: Expected double-quoted property name/);
    await refused(text('{\n  "servertype": "receiver",\n'), /line 3: Unexpected end of JSON input|line 3: Expected/);
    await refused(text(''), /line 1: Unexpected end/);
    await refused(text('{ "vip": "a\tb" }'), /line 1: Bad control character/);
    await refused(text('{ "__proto__": {} }'), /__proto__ is refused/);
    await refused(text(`{ "servertype": ${'['.repeat(100)}`), /nested deeper/);
    for (const value of ['[]', 'null', '"receiver"', '7']) await refused(text(value), /not a JSON object/);
  });

  it('never quotes a secret in what it refuses', async () => {
    for (const value of ['VERYSECRET', '"VERYSECRET" x', '"VERYSECRET\t"', '["VERYSECRET"]', '{"VERYSECRET":1}']) {
      for (const key of SECRET_KEYS) {
        await assert.rejects(text(`{ "servertype": "receiver",\n"${key}": ${value} }`), (error: Error) => {
          assert.doesNotMatch(`${error.message}${String(error.cause)}`, /SECRET/);
          return true;
        });
      }
    }
  });

  it('shows secrets masked, also to whoever asks for all', async () => {
    const shown = redact(await load({ obsak: 'A', obssk: 'S', apitoken: 'T', vip: '127.0.0.1' }));
    assert.deepEqual([shown.obsak, shown.obssk, shown.apitoken, shown.vip], ['***', '***', '***', '127.0.0.1']);
    assert.equal(redact(await load({})).obssk, '');
  });

  it('shows addresses without what is secret in them: users, passwords, queries, the passkey of a tracker', async () => {
    const shown = async (keys: object) => {
      const all = redact(await load(keys));
      return Object.keys(keys).map(key => all[key]);
    };
    const secret = {
      tracker: 'http://u:SECRET@t.example:6969/SECRET/announce?passkey=SECRET',
      senderdomain: 'https://SECRET@s.example/films',
      cdnurl: 'https://u:SEC@RET@cdn.example/films?token=SECRET',
      obsendpoint: 'u:SECRET@obs.example',
    };
    assert.deepEqual(await shown(secret), [
      'http://***@t.example:6969/***/announce?***',
      'https://***@s.example/films',
      'https://***@cdn.example/films?***',
      '***@obs.example',
    ]);
    const plain = {
      tracker: 'udp://t.example:6969/announce',
      cdnurl: 'https://cdn.example/a/b@c',
      obsurl: 'obs://bucket',
      obsendpoint: 'https://obs.example:443',
    };
    assert.deepEqual(await shown(plain), Object.values(plain));
  });

  it('gives every path as all parts write it, whatever way round it is configured', async () => {
    for (const key of PATH_KEYS)
      for (const path of ['/data//dcp', '/data/./dcp', '/data/x/../dcp', '//data/dcp', '/data/dcp/.'])
        assert.equal((await load({ [key]: path }))[key], '/data/dcp', `${key} ${path}`);
    assert.ok(['basedatapath', 'hashtable', 'buckets'].every(key => (PATH_KEYS as string[]).includes(key)));
  });

  it('names every problem with its key', async () => {
    await refused(load({ colour: 'red' }), /unknown key "colour"/);
    await refused(load({ downloadingnum: '5', avoidrepeat: 'true' }), /"downloadingnum" must be integer/);
    await refused(load({ downloadingnum: '5', avoidrepeat: 'true' }), /"avoidrepeat" must be boolean/);
    await refused(text('{}'), /'servertype'/);
    await refused(load({ servertype: 'peer' }), /"servertype" must be one of sender, receiver, cacher/);
  });

  const REFUSED: Record<string, unknown[]> = {
    // BW-05: 24:00 must not occur; 00:00 is the end of a day.
    bttime: ['06:00-24:00', '24:00-06:00', '6:00-18:00', '06:00', '06:00-18:60', '06:00-18:00 ', ''],
    obstime: ['08:00-24:00'],
    cdntime: ['18:00-24:00'],
    'bt-obs-cdn': ['0:0:0', '1:1', '-1:1:1', '1:1:9999999999', 'bt'],
    basesubdir: ['../x', 'a/b', '', 'cfec_001', 'cfec-001-'],
    senderid: ['cf_ec', 'cf-ec', 'c/f'],
    obsurl: ['cfec-001', 'obs://', 'obs://cfec-001/', 'http://127.0.0.1', 'obs://a_b', 'obs://x/y'],
    // BN-010: no trailing slash.
    basedatapath: ['/data/dcp/', 'data', '', './data', '/a\u0000b'],
    cdnurl: ['http://127.0.0.1/', 'ftp://127.0.0.1', '127.0.0.1', 'http://127.0.0.1 /x'],
    apilisten: ['', '8191', 'localhost', 'http://127.0.0.1:8191'],
    defaultseedtime: ['-1', 'soon', '', '1.5'],
    downloadingnum: [0, -1, 1.5],
    uploadingnum: [0],
    partsize: [1024, 5 * 1024 ** 3 + 1],
    retryminutes: [0],
    btport: [-1, 65536],
  };
  for (const [key, values] of Object.entries(REFUSED)) {
    it(`refuses a wrong "${key}"`, async () => {
      for (const value of values) await refused(load({ [key]: value }), new RegExp(`"${key}"`));
    });
  }

  it('BW-01, BW-05: reads timetables, and says where one cannot be read', async () => {
    const text = 'Mon-Fri 00:00-08:00 20M; Sat,Sun 00:00-00:00; Mon-Fri 08:00-00:00 512K';
    const { btwindows, obswindows, cdnwindows } = await load({ cdnwindows: text });
    assert.deepEqual([btwindows, obswindows, cdnwindows], ['', '', text]);
    await refused(load({ btwindows: 'Sat 01:00-05:00 25:00' }), /"btwindows": character 17: "25:00" is no rate/);
    await refused(
      load({ obswindows: '06:00-24:00' }),
      /"obswindows": character 7: "24:00" is no time of day: write 00:00/,
    );
    await refused(load({ cdnwindows: ' ' }), /"cdnwindows": character 2: an entry is missing/);
  });

  it('refuses a port that there is not', async () => {
    for (const key of ['apilisten', 'originlisten']) {
      const message = `"${key}" "127.0.0.1:99999" is not host:port`;
      await assert.rejects(load({ ...SENDER, [key]: '127.0.0.1:99999' }), { code: 'CONFIG_INVALID', message });
    }
  });

  it('refuses pieces whose shortest length is above the longest', async () => {
    await refused(
      load({ minpiecelength: 1048576, maxpiecelength: 524288 }),
      /"minpiecelength" 1048576 must not be above "maxpiecelength" 524288/,
    );
    const { minpiecelength } = await load({ minpiecelength: 1048576, maxpiecelength: 1048576 });
    assert.equal(minpiecelength, 1048576);
  });

  it('BW-02: takes windows that cross midnight', async () => {
    const { bttime, cdntime } = await load({ bttime: '18:00-05:00', cdntime: '06:00-00:00' });
    assert.deepEqual([bttime, cdntime], ['18:00-05:00', '06:00-00:00']);
  });

  it('wants of a sender its own addresses, and of nobody else its listeners', async () => {
    const sender = await load({ ...SENDER, originlisten: '127.0.0.1:8080', trackerlisten: '[::1]:6969' });
    assert.equal(sender.trackerlisten, '[::1]:6969');
    await refused(load({ ...SENDER, senderdomain: '' }), /"senderdomain" is needed/);
    await refused(load({ ...SENDER, cdnurl: '' }), /"cdnurl" is needed/);
    await refused(load({ originlisten: '127.0.0.1:8080' }), /"originlisten" is for senders only/);
    await refused(
      load({ servertype: 'cacher', trackerlisten: '127.0.0.1:6969' }),
      /"trackerlisten" is for senders only/,
    );
  });
});
