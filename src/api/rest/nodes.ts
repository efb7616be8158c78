import { NODES_EXAMPLE } from './examples.ts';
import { defineRoute, json } from './route.ts';
import { nodesPage } from './shapes.ts';

export const listNodes = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/nodes',
    summary:
      'This node, and the others that its tasks meet: bytes of each since the tasks began, and those that were wrong.',
    answers: json(nodesPage, NODES_EXAMPLE),
  },
  async ({ node }) => {
    const overview = node.overview;
    const [summary, others] = await Promise.all([overview.summary(), overview.others()]);
    return { node: summary, others };
  },
);
