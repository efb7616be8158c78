const OF_METHOD = '`return_content` of the method';

/** What `--json` prints; fields may be added, those that are there stay. A test holds it against the table of commands. */
export const JSON_TEXTS: Readonly<Record<string, string>> = {
  gentask: `${OF_METHOD}; with \`--wait\` \`{taskfile}\`, with \`--send\` \`{taskfile, desc}\`, with both the task as \`show\` has it`,
  send: `${OF_METHOD}; with \`--wait\` the task as \`show\` has it`,
  sends: OF_METHOD,
  recv: '`{name, desc}`; with `--on-node` `return_content` of the method; with `--wait` the task as `show` has it',
  limits: OF_METHOD,
  ask: OF_METHOD,
  ls: '`GET /api/v1/tasks`, with the tasks that were asked for',
  show: '`GET /api/v1/tasks/{name}`',
  watch: 'a line per look: as `show`, without a task as `ls`',
  pause: 'a line per task: `{name, desc}`',
  resume: 'a line per task: `{name, desc}`',
  retry: 'a line per task: `{name, desc}`',
  cancel: '`{name, desc}`',
  schedule: '`GET /api/v1/schedule`',
  history: '`GET /api/v1/history`',
  report: '`GET /api/v1/tasks/{name}/report`',
  events: 'a line per event, as in `GET /api/v1/events`',
  check:
    'the report of [PACKAGE-CHECK.md](PACKAGE-CHECK.md); with a torrent `{total, right, faults, complete}`, in pieces',
  doctor:
    '`{faults, warnings, points: [{id, findings: [{verdict, text, next, code}]}]}`; a verdict is `ok`, `warning`, `fault` or `skipped`; `code` only where there is one',
  config: '`{file, servertype, set}`: the keys that differ from their defaults, secrets masked',
  hashtable: 'of `stats`: `{rows, bytes, unchecked, badLines, deadLines, struckOut, waiting, builtFor}`',
  version: '`{bft}`, and `node` with `version`, `servertype` and `protocol` where one is named',
};
