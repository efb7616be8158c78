// What the unit cannot know before there is a configuration: where the daemon writes, and whether it binds a port below 1024.
import { dirname } from 'node:path';

const LOWEST_FREE_PORT = 1024;
/** What bftv2.service lets it write. */
const COVERED = ['/data', '/etc/bft2', '/var/lib/bft2', '/var/log/bft2'];
const ADDRESSES = ['apilisten', 'consolelisten', 'ctcs', 'originlisten', 'trackerlisten'];

const isBelow = (path, directory) => path === directory || path.startsWith(`${directory.replace(/\/$/, '')}/`);

/** Between them packages and tasks are renamed. */
export function movingPaths({ servertype, basedatapath, transferpath, receiverpath, senderpath }) {
  return [basedatapath, transferpath, receiverpath, ...(servertype === 'sender' ? [senderpath] : [])];
}

/** The lines of a drop-in for bftv2.service; empty when the unit needs none. */
export function dropIn(config) {
  const lines = [...pathLines(config), ...portLines(config)];
  if (lines.length === 0) return '';
  return `# Made by bftv2-configure from the configuration; it is written anew.\n${lines.join('\n')}\n`;
}

function pathLines(config) {
  const moving = commonDirectory(movingPaths(config));
  const files = [config.hashtable, ...(config.logfile === '' ? [] : [config.logfile])].map(path => dirname(path));
  const foreign = [moving, config.statepath, ...files].filter(path => !COVERED.some(place => isBelow(path, place)));
  if (foreign.length === 0) return [];
  const mounts = `[Unit]\nRequiresMountsFor=${foreign.map(escaped).join(' ')}\n\n[Service]`;
  // What is left of the sandbox when packages move between directories that have nothing in common but the root.
  if (foreign.includes('/')) return [mounts, 'ProtectSystem=full'];
  return [mounts, `ReadWritePaths=${[...new Set(foreign)].map(path => `-${escaped(path)}`).join(' ')}`];
}

/** One entry for all of them: systemd mounts every entry by itself, and nothing is renamed from one mount into another. */
function commonDirectory([first, ...others]) {
  return others.reduce((common, path) => {
    let directory = common;
    while (!isBelow(path, directory)) directory = dirname(directory);
    return directory;
  }, first);
}

function portLines(config) {
  const ports = ADDRESSES.map(key => config[key]).flatMap(address => /:(\d+)$/.exec(address ?? '')?.[1] ?? []);
  const isLow = [...ports, config.btport].some(port => Number(port) > 0 && Number(port) < LOWEST_FREE_PORT);
  if (!isLow) return [];
  // Ports of the machine need a capability of the machine, not of the unit's own users.
  return [
    '[Service]',
    'CapabilityBoundingSet=CAP_NET_BIND_SERVICE',
    'AmbientCapabilities=CAP_NET_BIND_SERVICE',
    'PrivateUsers=false',
  ];
}

/** Blanks separate paths, and a percent sign begins a specifier. */
const escaped = path => `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
