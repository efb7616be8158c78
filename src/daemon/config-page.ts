import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ConfigPage } from '../api/rest/shapes.ts';
import { redact } from '../config/load.ts';
import { type Config, configSchema, SECRET_KEYS } from '../config/schema.ts';

interface Documented {
  readonly default?: unknown;
  readonly description?: string;
}

const secrets: readonly string[] = SECRET_KEYS;

/** The configuration with what each key means, in the order of the schema. */
export function configPage(file: string, config: Config): ConfigPage {
  const shown = redact(config);
  const keys = Object.entries(configSchema.properties as Record<string, Documented>);
  return {
    file: resolve(file),
    keys: keys.map(([key, { default: fallback = null, description = '' }]) => ({
      key,
      value: shown[key],
      default: fallback,
      isdefault: isDeepStrictEqual(shown[key], fallback),
      secret: secrets.includes(key),
      description,
    })),
  };
}
