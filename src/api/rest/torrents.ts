import { Type } from 'typebox';
import { torrentsPage } from '../torrents.ts';
import { TORRENTS_EXAMPLE } from './examples.ts';
import { defineRoute, json } from './route.ts';

const text = Type.String();
const count = Type.Integer({ minimum: 0 });
const rate = Type.Number({ minimum: 0 });
const limit = Type.Union([Type.Number(), Type.Null()]);
const swarm = Type.Object({ connected: count, total: Type.Union([count, Type.Null()]) });
const moving = { downrate: rate, downspeed: text, uprate: rate, upspeed: text, downloaded: count, uploaded: count };

const page = Type.Object({
  torrents: Type.Array(
    Type.Object({
      name: text,
      infohash: text,
      started: text,
      seeds: swarm,
      leechers: swarm,
      connecting: count,
      size: count,
      percent: count,
      available: count,
      ...moving,
      downlimit: limit,
      uplimit: limit,
      trackererror: text,
      peers: Type.Array(Type.Object({ address: text, percent: count, ...moving })),
    }),
  ),
});

export const listTorrents = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/torrents',
    summary: 'What the BitTorrent engine fetches and serves: peers, rates (bytes/s), percent done and available.',
    answers: json(page, TORRENTS_EXAMPLE),
  },
  ({ node }) => torrentsPage(node.torrents()),
);
