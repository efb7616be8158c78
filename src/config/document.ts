import { writeFile } from 'node:fs/promises';
import { additive, configSchema, documented } from './schema.ts';

interface Key {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
}

/** docs/CONFIGURATION.md, made from the schema. */
export function configurationPage(): string {
  return `# Configuration

Strict JSON, at \`/etc/bft2/config.json\`, \`$BFT2_CONFIG\` or \`--config FILE\`. Unknown keys are refused. \`GET /reloadconf\` and SIGHUP read it again, and the certificates with it: on any error the old
one stays; paths, addresses, the role, \`machinetype\`, \`receiverstoreplan\`, \`apitoken\`, \`tlscert\`, \`tlskey\`, \`plainhttp\`, \`btport\`, \`btpeers\`, \`btpex\`,
\`btdht\`, \`btlsd\`, \`loglevel\` and \`logfile\` change with a restart only. This page is made from \`src/config/schema.ts\` by \`npm run docs\`.

## Keys of the original

${table(documented)}
\`prior\` is read as \`priorpolicy\`. A sender needs \`senderdomain\` and \`cdnurl\`. Checked and carried, but without effect yet:
\`vip\`, \`basesubdir\`. \`receiverid\` (of a sender \`senderid\`) is the node's name on the console and in reports. \`ctcs\` is where the console listens, unless \`consolelisten\` says otherwise. \`bt-obs-cdn\` and \`priorpolicy\` stand in for what \`sends\` is not told; gentask must be told both. The windows go into
the task files that this sender makes.

## Our own

${table(additive)}
## Timetables

\`bttime\`, \`obstime\` and \`cdntime\` are one window a day. \`btwindows\`, \`obswindows\` and \`cdnwindows\` can say more:

\`\`\`
Mon-Fri 00:00-08:00 20M; Sat,Sun 00:00-00:00; Mon-Fri 08:00-00:00 512K
\`\`\`

- Entries are parted by \`;\`, at most 50: \`[DAYS ]HH:MM-HH:MM[ RATE]\`. The first that covers a moment counts; what none covers is closed.
- Days: \`Mon\` or \`monday\`, in any case, in lists (\`Sat,Sun\`) and ranges (\`Fri-Mon\`). None: every day.
- An end that is not after the start lies on the next day: \`Fri 22:00-06:00\` ends on Saturday morning. Equal ends and \`00:00-23:59\` are the whole day. \`24:00\` is
  refused. Times are those of the wall clock of the node (\`TZ\`): on the days of a DST change a window is as much shorter or longer as the clock makes it.
- Rate, as rclone writes it: \`B\`, \`K\`, \`M\`, \`G\` or \`T\` bytes per second in powers of 1024, \`KiB\` without a letter; \`off\` or none: no limit. All tasks of the
  method that follow the same timetable share it. The limits of node and task hold besides.
- They count for tasks of policy \`priortime\`, and for what a node fetches, never for what it serves. A sender writes them into its tasks. A node that has its own
  follows its own, for the line is its own; else what the task says counts.
- \`GET /reloadconf\` changes them while tasks run, within seconds. \`GET /showschedules\` and \`methods\` of progress say until when a method waits.
`;
}

function table(keys: object): string {
  const rows = Object.entries(keys as Record<string, Key>).map(([name, key]) => {
    const fallback = key.default === undefined ? unset(name) : `\`${JSON.stringify(key.default)}\``;
    return `| \`${name}\` | ${(key.enum?.join(', ') ?? key.type ?? '').replaceAll('|', '\\|')} | ${fallback} | ${(key.description ?? '').replaceAll('<', '&lt;')} |\n`;
  });
  return `| key | type | default | meaning |\n|---|---|---|---|\n${rows.join('')}`;
}

const unset = (name: string) =>
  (configSchema.required as readonly string[]).includes(name) ? '– (must be given)' : '–';

if (import.meta.main) await writeFile(new URL('../../docs/CONFIGURATION.md', import.meta.url), configurationPage());
