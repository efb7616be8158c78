import { writeFile } from 'node:fs/promises';
import { additive, documented } from './schema.ts';

interface Key {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
}

/** docs/CONFIGURATION.md, made from the schema. */
export function configurationPage(): string {
  return `# Configuration

Strict JSON, at \`/etc/bft2/config.json\`, \`$BFT2_CONFIG\` or \`--config FILE\`. Unknown keys are refused. \`GET /reloadconf\` reads it again: on any error the old
one stays; paths, addresses, the role, \`btport\`, \`btpeers\`, \`btpex\`, \`btdht\` and \`btlsd\` change with a
restart only. This page is made from \`src/config/schema.ts\` by \`npm run docs\`.

## Keys of the original

${table(documented)}
\`prior\` is read as \`priorpolicy\`. A sender needs \`senderdomain\` and \`cdnurl\`. Checked and carried, but without effect yet:
\`receiverid\`, \`vip\`, \`basesubdir\`, \`ctcs\`. \`bt-obs-cdn\` and \`priorpolicy\` stand in for what \`sends\` is not told; gentask must be told both. The windows go into
the task files that this sender makes.

## Our own

${table(additive)}`;
}

function table(keys: object): string {
  const rows = Object.entries(keys as Record<string, Key>).map(([name, key]) => {
    const fallback = key.default === undefined ? '– (must be given)' : `\`${JSON.stringify(key.default)}\``;
    return `| \`${name}\` | ${(key.enum?.join(', ') ?? key.type ?? '').replaceAll('|', '\\|')} | ${fallback} | ${(key.description ?? '').replaceAll('<', '&lt;')} |\n`;
  });
  return `| key | type | default | meaning |\n|---|---|---|---|\n${rows.join('')}`;
}

if (import.meta.main) await writeFile(new URL('../../docs/CONFIGURATION.md', import.meta.url), configurationPage());
