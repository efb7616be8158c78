import { Type } from 'typebox';
import { PROTOCOL_VERSION, VERSION } from '../version.ts';
import { defineRoute, json } from './route.ts';

const statusPage = Type.Object({
  version: Type.String(),
  protocol: Type.String(),
  servertype: Type.String(),
  btport: Type.Integer(),
});

export const showStatus = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/status',
    summary: "The software's own version, the role of the node and its BitTorrent port.",
    answers: json(statusPage, { version: VERSION, protocol: PROTOCOL_VERSION, servertype: 'receiver', btport: 6881 }),
  },
  ({ node }) => ({
    version: VERSION,
    protocol: PROTOCOL_VERSION,
    servertype: node.serverType,
    btport: node.btPort(),
  }),
);
