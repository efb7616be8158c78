import { CONFIG_EXAMPLE } from './examples.ts';
import { defineRoute, json } from './route.ts';
import { configPage } from './shapes.ts';

export const showConfig = defineRoute(
  {
    verb: 'get',
    path: '/api/v1/config',
    summary:
      'The configuration in force, with what each key means. The value of a secret is `***`, empty when it has none; `default` is null for a key that must be given.',
    answers: json(configPage, CONFIG_EXAMPLE),
  },
  ({ node }) => node.config(),
);
