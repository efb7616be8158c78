import assert from 'node:assert/strict';
import type { LookupAddress, LookupOptions } from 'node:dns';
import type { IncomingHttpHeaders } from 'node:http';
import { createHttpClient, type HttpClient } from '../../../src/transports/http/client.ts';
import { download } from '../../../src/transports/http/download.ts';
import { isPrivateAddress } from '../../../src/transports/http/private-addresses.ts';
import { requestRange } from '../../../src/transports/http/range-request.ts';
import { Reach } from '../../../src/transports/http/reach.ts';
import { HostileServer } from './hostile-server.ts';

const never = new AbortController().signal;
const PUBLIC = '127.0.0.2';

describe('transports/http: where requests may go (hostile input 11)', () => {
  // 127.0.0.2 stands for the public internet, 127.0.0.1 for the network inside.
  const outside = new HostileServer(PUBLIC);
  const inside = new HostileServer();
  before(() => Promise.all([outside.start(), inside.start()]));
  after(() => Promise.all([outside.stop(), inside.stop()]));
  beforeEach(() => {
    inside.asked.splice(0);
    inside.behave = res => void res.end('secret');
  });

  const isPrivate = (address: string) => address !== PUBLIC;
  const names = new Map<string, string[]>();
  const lookup = (
    host: string,
    { all }: LookupOptions,
    done: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
  ) => {
    const [address = '', ...later] = names.get(host) ?? [];
    if (later.length > 0) names.set(host, later);
    if (address === '') done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), '');
    else if (all) done(null, [{ address, family: 4 }]);
    else done(null, address, 4);
  };
  const client = (allowHosts = '') => createHttpClient({ isPrivate, lookup, allowHosts: () => allowHosts });
  const named = (server: HostileServer, host: string) => server.url.replace(/\/\/[\d.]+/, `//${host}`);

  const takes: [string, (http: HttpClient, url: string) => Promise<string>][] = [
    [
      'a range',
      async (http, url) => {
        let text = '';
        for await (const part of requestRange(http, url, { offset: 0, length: 6 }, 6, never)) text += part.toString();
        return text;
      },
    ],
    ['a document', async (http, url) => Buffer.from(await download(http, url, 100, never)).toString()],
  ];
  for (const [what, take] of takes) {
    describe(what, () => {
      const redirect = (location: string) => {
        outside.behave = res => void res.writeHead(302, { location }).end();
      };

      it('an address inside that a task names itself is asked', async () => {
        assert.equal(await take(client(), `${inside.url}/x`), 'secret');
      });

      it('a redirect inside is followed', async () => {
        inside.behave = (res, { path }) => {
          if (path === '/x') res.writeHead(302, { location: '/y' }).end();
          else res.end('secret');
        };
        assert.equal(await take(client(), `${inside.url}/x`), 'secret');
      });

      it('a redirect from outside to an address inside is not', async () => {
        redirect(`${inside.url}/x`);
        await assert.rejects(take(client(), `${outside.url}/x`), { code: 'ADDRESS_REFUSED', permanent: false });
        assert.equal(inside.asked.length, 0);
      });

      it('nor to a name that leads inside, though a connection there is kept open', async () => {
        names.set('inside.example', ['127.0.0.1']);
        const http = client();
        assert.equal(await take(http, `${named(inside, 'inside.example')}/x`), 'secret');
        inside.asked.splice(0);
        redirect(`${named(inside, 'inside.example')}/x`);
        await assert.rejects(take(http, `${outside.url}/x`), {
          code: 'ADDRESS_REFUSED',
          message: /inside\.example/,
        });
        assert.equal(inside.asked.length, 0);
      });

      it('a name that leads outside first and inside the next time (DNS rebinding) does not get there', async () => {
        names.set('rebind.example', [PUBLIC, '127.0.0.1']);
        redirect(`${named(inside, 'rebind.example')}/x`);
        await assert.rejects(take(client(), `${named(outside, 'rebind.example')}/x`), { code: 'ADDRESS_REFUSED' });
        assert.equal(inside.asked.length, 0);
      });

      it('at most five redirects', async () => {
        redirect('/again');
        outside.asked.splice(0);
        await assert.rejects(take(client(), `${outside.url}/x`), { permanent: false });
        assert.equal(outside.asked.length, 6);
      });

      it('credentials of an address stay with its host', async () => {
        const seen: IncomingHttpHeaders[] = [];
        const elsewhere = new HostileServer(PUBLIC);
        await elsewhere.start();
        try {
          elsewhere.behave = (res, _, { headers }) => {
            seen.push(headers);
            res.end('public');
          };
          outside.behave = (res, _, { headers }) => {
            seen.push(headers);
            res.writeHead(302, { location: `${elsewhere.url.replace('//', '//user:own@')}/x` }).end();
          };
          await take(client(), `${outside.url.replace('//', '//user:secret@')}/x`);
        } finally {
          await elsewhere.stop();
        }
        assert.match(seen[0]?.authorization ?? '', /^Basic /);
        assert.equal(seen[1]?.authorization, undefined);
        assert.equal(seen[1]?.referer, undefined);
      });

      it('only listed hosts are asked, also after a redirect', async () => {
        outside.behave = res => void res.end('public');
        assert.equal(await take(client(`other.example, ${PUBLIC}`), `${outside.url}/x`), 'public');
        const refusal = { code: 'ADDRESS_REFUSED', message: /127\.0\.0\.1/ };
        await assert.rejects(take(client(PUBLIC), `${inside.url}/x`), { ...refusal, permanent: true });
        redirect(`${inside.url}/x`);
        await assert.rejects(take(client(PUBLIC), `${outside.url}/x`), refusal);
        assert.equal(inside.asked.length, 0);
      });

      it('fault 28: a name that cannot be resolved is unreachable, and the error names it', async () => {
        await assert.rejects(take(client(), 'http://gone.example/x'), {
          code: 'SOURCE_UNREACHABLE',
          permanent: false,
          message: /^http:\/\/gone\.example\/x cannot be reached: .*ENOTFOUND/,
        });
      });
    });
  }

  it('never from https to http, whoever it is', () => {
    const reach = new Reach({});
    const follow = (from: string, to: string) => reach.follow(new URL(from), new URL(to), '127.0.0.1');
    assert.throws(() => follow('https://a.example/', 'http://a.example/'), { code: 'ADDRESS_REFUSED' });
    assert.throws(() => follow('https://a.example/', 'ftp://a.example/'), { code: 'ADDRESS_REFUSED' });
    follow('http://a.example/', 'https://a.example/');
  });

  it('*.example.com stands for all below it, an empty list for any', () => {
    const allows = (list: string, url: string) => {
      try {
        new Reach({ allowHosts: () => list }).check(new URL(url));
        return true;
      } catch {
        return false;
      }
    };
    const LISTED: [list: string, url: string, isAllowed: boolean][] = [
      ['', 'http://any.example/', true],
      [' , ', 'http://any.example/', true],
      ['cdn.example', 'http://cdn.example:8080/x', true],
      ['CDN.example', 'http://cdn.EXAMPLE./', true],
      ['cdn.example', 'http://x.cdn.example/', false],
      ['*.cdn.example', 'http://x.y.cdn.example/', true],
      ['*.cdn.example', 'http://cdn.example/', false],
      ['*.cdn.example', 'http://evilcdn.example/', false],
      ['cdn.example', 'http://cdn.example.evil.example/', false],
      ['cdn.example', 'http://cdn.example@evil.example/', false],
      ['10.0.0.1', 'http://0x0a000001/', true],
      ['[::1]', 'http://[::1]/', true],
    ];
    for (const [list, url, isAllowed] of LISTED) assert.equal(allows(list, url), isAllowed, `${list} ${url}`);
  });

  it('knows the addresses that are not public, in all their forms', () => {
    const inside =
      '0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a00:1 64:ff9b::a00:1 2002:a00:1:: fc00::1 fd12::1 fe80::1 ff02::1';
    for (const address of inside.split(' ')) assert.equal(isPrivateAddress(address), true, address);
    const outside =
      '1.1.1.1 9.255.255.255 172.15.0.1 172.32.0.1 192.169.0.1 223.255.255.255 2001:4860::8888 ::ffff:1.1.1.1';
    for (const address of outside.split(' ')) assert.equal(isPrivateAddress(address), false, address);
  });
});
