import assert from 'node:assert/strict';
import { parseConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { configPage } from '../../src/daemon/config-page.ts';

describe('daemon: the configuration as it is shown', () => {
  const text = JSON.stringify({ servertype: 'receiver', obssk: 'VERYSECRET', apitoken: 'ALSOSECRET', downlimit: 7 });
  const page = configPage('/etc/bft2/config.json', parseConfig(text, 'config.json'));
  const row = (key: string) => page.keys.find(entry => entry.key === key);

  it('has every key with its meaning', () => {
    assert.deepEqual(
      page.keys.map(({ key }) => key),
      Object.keys(configSchema.properties),
    );
    for (const { key, description } of page.keys) assert.notEqual(description, '', key);
    const description = 'role of this node';
    const others = { default: null, isdefault: false, secret: false, description };
    assert.deepEqual(row('servertype'), { key: 'servertype', value: 'receiver', ...others });
    assert.deepEqual([row('downlimit')?.isdefault, row('uplimit')?.isdefault], [false, true]);
  });

  it('has no secret (hostile input 12)', () => {
    assert.doesNotMatch(JSON.stringify(page), /SECRET/);
    assert.deepEqual([row('obssk')?.value, row('obsak')?.value, row('obssk')?.secret], ['***', '', true]);
  });
});
