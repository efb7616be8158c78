import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { LiveConfig } from '../../src/config/live-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const SENDER = {
  servertype: 'sender',
  senderdomain: 'http://127.0.0.1:8080',
  cdnurl: 'http://127.0.0.1:8081',
  downloadingnum: 2,
};

describe('config: reload (BC-40)', () => {
  const at = temporaryDirectory();
  let live: LiveConfig;
  const write = (content: object | string) =>
    writeFile(at('config.json'), typeof content === 'string' ? content : JSON.stringify(content));

  beforeEach(async () => {
    await write(SENDER);
    live = new LiveConfig(at('config.json'), await loadConfig(at('config.json')));
  });

  it('takes the new configuration', async () => {
    const before = live.current;
    await write({ ...SENDER, downloadingnum: 7, bttime: '22:00-06:00' });
    await live.reload();
    assert.deepEqual([live.current.downloadingnum, live.current.bttime], [7, '22:00-06:00']);
    assert.equal(before.downloadingnum, 2);
    assert.ok(Object.isFrozen(live.current));
  });

  it('keeps the old one on any error, and says which', async () => {
    const before = live.current;
    const wrong: [object | string, RegExp][] = [
      ['{ "servertype": ', /line 1/],
      [{ ...SENDER, downloadingnum: 'many' }, /"downloadingnum" must be integer/],
      [{ ...SENDER, colour: 'red' }, /unknown key "colour"/],
      [{ ...SENDER, cdntime: '06:00-24:00' }, /"cdntime"/],
      [{ ...SENDER, cdnurl: '' }, /"cdnurl" is needed/],
    ];
    for (const [content, message] of wrong) {
      await write(content);
      await assert.rejects(live.reload(), { code: 'CONFIG_INVALID', message });
      assert.equal(live.current, before);
    }
    await rm(at('config.json'));
    await assert.rejects(live.reload(), { code: 'CONFIG_MISSING' });
    assert.equal(live.current, before);
  });

  const FIXED: Record<string, unknown> = {
    servertype: 'receiver',
    machinetype: 'hwecs',
    basedatapath: '/elsewhere',
    senderpath: '/elsewhere',
    receiverpath: '/elsewhere',
    transferpath: '/elsewhere',
    statepath: '/elsewhere',
    hashtable: '/elsewhere',
    apilisten: '127.0.0.1:1',
    consolelisten: '127.0.0.1:1',
    apitoken: 'another',
    plainhttp: true,
    originlisten: '127.0.0.1:1',
    trackerlisten: '127.0.0.1:1',
    btport: 1,
    receiverstoreplan: 'B',
    loglevel: 'debug',
    logfile: '/elsewhere',
  };
  for (const [key, value] of Object.entries(FIXED)) {
    it(`changes "${key}" only with a restart, and then nothing else either`, async () => {
      const before = live.current;
      await write({ ...SENDER, downloadingnum: 9, [key]: value });
      await assert.rejects(live.reload(), {
        code: 'CONFIG_INVALID',
        message: `${at('config.json')}: "${key}" can only change with a restart; nothing was changed`,
      });
      assert.equal(live.current, before);
    });
  }

  it('takes new hostnames, but no other certificate than the one that is read again', async () => {
    await write({ ...SENDER, hostnames: 'node.example' });
    await live.reload();
    assert.equal(live.current.hostnames, 'node.example');
    await write({ ...SENDER, tlscert: '/a', tlskey: '/b' });
    await assert.rejects(live.reload(), { message: /: "tlscert", "tlskey" can only change with a restart/ });
  });

  it('a new ctcs is a new address of the console, unless that has its own', async () => {
    await write({ ...SENDER, ctcs: '127.0.0.1:1' });
    await assert.rejects(live.reload(), { message: /: "consolelisten" can only change with a restart/ });
  });

  it('names all keys that would need a restart, and never their values', async () => {
    await write({ ...SENDER, apitoken: 'VERYSECRET', btport: 1 });
    await assert.rejects(live.reload(), { message: /: "apitoken", "btport" can only change with a restart/ });
    await assert.rejects(live.reload(), (error: Error) => !error.message.includes('SECRET'));
  });
});
