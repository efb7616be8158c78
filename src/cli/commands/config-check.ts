import { loadConfig, redact } from '../../config/load.ts';
import { configSchema } from '../../config/schema.ts';
import type { Call } from '../call.ts';
import { configPath } from '../config-path.ts';
import { print } from '../output/print.ts';
import { jsonText } from '../output/shown.ts';

/** Reads a configuration as the daemon does, and says which keys differ from their defaults; secrets are masked. Throws CONFIG_MISSING, CONFIG_INVALID. */
export async function configCheck(call: Call): Promise<number> {
  const file = configPath(call.text('config'));
  const config = await loadConfig(file);
  const defaults = configSchema.properties as Record<string, { default?: unknown }>;
  const set = Object.entries(redact(config)).filter(([key, value]) => defaults[key]?.default !== value);
  const keys = set.map(([key, value]) => `  ${key}: ${jsonText(value)}`);
  print(call, { file, servertype: config.servertype, set: Object.fromEntries(set) }, () =>
    [`${file} can be read: this is a ${config.servertype}`, ...keys].join('\n'),
  );
  return 0;
}
