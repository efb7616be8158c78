import { METHODS_OF_PROTOCOL } from '../protocol-methods.ts';
import type { ArgumentEntry, OptionEntry } from './entry.ts';

const JSON_OPTION: OptionEntry = { name: 'json', text: 'JSON on standard output, and errors as JSON' };

/** Of every command that talks to a node. */
export const AT_NODE: readonly OptionEntry[] = [
  {
    name: 'node',
    value: 'URL',
    text: 'the node (default: $BFT2_API, else that of --config, else http://127.0.0.1:8191)',
  },
  { name: 'token-file', value: 'FILE', kind: 'file', text: 'a file that holds the token (default: $BFT2_TOKEN)' },
  { name: 'ca', value: 'FILE', kind: 'file', text: 'trust the certificates in this file (PEM), for https' },
  {
    name: 'config',
    value: 'FILE',
    kind: 'file',
    text: 'the configuration of the node on this machine: its address, and its token where this user may read it',
  },
  JSON_OPTION,
];

export const RAW: OptionEntry = { name: 'raw', text: 'print the answer of the node as it came, and nothing else' };
export const WAIT = (until: string): OptionEntry => ({ name: 'wait', text: `end when ${until}` });
export const YES: OptionEntry = { name: 'yes', text: 'do not ask' };
export const DIRECTION: OptionEntry = {
  name: 'direction',
  value: 'received|sent',
  kind: ['received', 'sent'],
  text: 'which one, where a task of this name is both received and sent (default: the received one)',
};

export const TASK: ArgumentEntry = {
  name: 'TASK',
  kind: 'task',
  text: 'name of the task file, with or without .task.json, or of the package if only one task has it',
};
export const PACKAGE_ON_NODE: ArgumentEntry = {
  name: 'DIR',
  kind: 'directory',
  text: 'the package on the node: <basedatapath>/<basesubdir>/dcps/<name>',
};
export const METHOD: ArgumentEntry = { name: 'METHOD', kind: METHODS_OF_PROTOCOL, text: 'a method of docs/API.md' };

/** What a task is made with, of gentask and sends. */
export const MAKING: readonly OptionEntry[] = [
  {
    name: 'task-file',
    value: 'PATH',
    text: 'where the node writes the task file (default: <senderpath>/tmp/<basesubdir>-<name>.task.json)',
  },
  { name: 'basesubdir', value: 'NAME', text: '<centre>-<organisation> (default: what stands before /dcps/ in DIR)' },
  { name: 'policy', value: 'POLICY', kind: ['fulltime', 'priortime'], text: 'at any time, or in off-peak windows' },
  { name: 'tracker', value: 'URL', text: 'announce URL' },
  { name: 'seedtime', value: 'HOURS', text: 'how long it is served' },
  { name: 'deadline', value: 'TIME', text: "when it is to be complete: 'YYYY-MM-DD HH:MM'" },
  { name: 'datasource', value: 'SOURCE', kind: ['local', 'obs'], text: 'where the package lies' },
  { name: 'obsurl', value: 'URL', text: 'the package in the bucket: obs://<bucket>/dcps/<name>' },
  {
    name: 'keys-file',
    value: 'FILE',
    kind: 'file',
    text: 'access to the bucket: JSON with ak, sk and endpoint, readable by its owner only',
  },
];
