// Prepares this machine as the configuration says: user, directories, what systemd lets the daemon write. Run by the package and by install.sh, and by people
// after they changed a path. A second run changes nothing; nothing that is there is taken from anybody.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config/load.ts';
import { dropIn, movingPaths } from './sandbox.mjs';

const USER = 'bft';
const HOME = '/var/lib/bft2';
const CONFIG = '/etc/bft2/config.json';
const DROP_IN = '/etc/systemd/system/bftv2.service.d/paths.conf';
const ROLES = ['receiver', 'sender', 'cacher'];
const HELP = `bftv2-configure: prepares this machine as ${CONFIG} says. Run it as root after you changed a path or a port there.

  --config FILE   another configuration (with --print)
  --print         only print what systemd would be told
  BFT2_ROLE       receiver (default), sender or cacher: which sample becomes ${CONFIG} when there is none
`;

const say = words => process.stdout.write(`bftv2: ${words}\n`);
const warn = words => process.stderr.write(`bftv2: ${words}\n`);
const idOf = (kind, name) => Number(execFileSync('getent', [kind, name], { encoding: 'utf8' }).split(':')[2]);

function addUser() {
  try {
    idOf('passwd', USER);
  } catch {
    const account = ['--system', '--group', '--home', HOME, '--no-create-home', '--shell', '/usr/sbin/nologin'];
    execFileSync('adduser', ['--quiet', ...account, '--gecos', 'bftv2', USER], { stdio: ['ignore', 2, 2] });
    say(`made the user ${USER}`);
  }
}

/** The directories that have a fixed place. In that of the configuration the daemon may add files (the hash table), but not replace those of root. */
function addOwnDirectories({ uid, gid }) {
  for (const [path, owner, mode] of [
    [dirname(CONFIG), 0, 0o1770],
    [HOME, uid, 0o750],
    ['/var/log/bft2', uid, 0o750],
  ]) {
    mkdirSync(path, { recursive: true });
    chownSync(path, owner, gid);
    chmodSync(path, mode);
  }
}

function addConfiguration({ gid }) {
  const role = process.env.BFT2_ROLE || ROLES[0];
  if (!ROLES.includes(role)) throw new Error(`BFT2_ROLE is ${role}; it can be ${ROLES.join(', ')}`);
  if (existsSync(CONFIG)) return;
  // It will hold keys.
  writeFileSync(`${CONFIG}.new`, readFileSync(join(import.meta.dirname, '..', 'etc', `${role}.config.json`)), {
    mode: 0o640,
  });
  chownSync(`${CONFIG}.new`, 0, gid);
  renameSync(`${CONFIG}.new`, CONFIG);
  say(`this node is a ${role} (${CONFIG}); edit it, then run: systemctl restart bftv2`);
}

/** Those that are there stay whose they are: they may be full, and others may use them. */
function addDirectory(path, mode, { uid, gid }) {
  if (existsSync(path)) return;
  addDirectory(dirname(path), 0o755, { uid: 0, gid: 0 });
  mkdirSync(path, { mode });
  chownSync(path, uid, gid);
  chmodSync(path, mode);
}

function addDataDirectories(config, ids) {
  // Web servers and cinema servers read the packages.
  for (const path of movingPaths(config)) addDirectory(path, path === config.basedatapath ? 0o755 : 0o750, ids);
  addDirectory(config.statepath, 0o750, ids);
  if (config.servertype === 'sender') addPackageDirectories(config, ids);
  for (const path of [...movingPaths(config), config.statepath]) {
    const { uid } = statSync(path);
    if (uid !== ids.uid)
      warn(`${path} belongs to another user; if ${USER} cannot write there: chown ${USER}:${USER} ${path}`);
  }
}

/** Where people put what is sent; the daemon writes torrents there. */
function addPackageDirectories({ basedatapath, basesubdir }, ids) {
  for (const path of [join(basedatapath, basesubdir), join(basedatapath, basesubdir, 'dcps')])
    addDirectory(path, 0o755, ids);
}

function checkFileSystems(config) {
  const [first, ...others] = movingPaths(config);
  const apart = others.filter(path => statSync(path).dev !== statSync(first).dev);
  if (apart.length === 0) return;
  warn(`${[first, ...apart].join(', ')} are on different file systems. Packages move by renames, so the daemon`);
  warn(`will not start. Put them on one file system: edit ${CONFIG}, then run bftv2-configure.`);
}

function tellSystemd(config) {
  const wanted = dropIn(config);
  const present = existsSync(DROP_IN) ? readFileSync(DROP_IN, 'utf8') : '';
  if (wanted === present) return;
  if (wanted === '') rmSync(DROP_IN);
  else {
    mkdirSync(dirname(DROP_IN), { recursive: true });
    writeFileSync(DROP_IN, wanted);
  }
  if (existsSync('/run/systemd/system')) execFileSync('systemctl', ['daemon-reload']);
  say(`${wanted === '' ? 'removed' : 'wrote'} ${DROP_IN}`);
}

async function configure() {
  addUser();
  const ids = { uid: idOf('passwd', USER), gid: idOf('group', USER) };
  addOwnDirectories(ids);
  addConfiguration(ids);
  const config = await loadConfig(CONFIG).catch(error => {
    // An upgrade goes on: who edits the configuration next reads why.
    warn(`${error.message}. Mend it, then run bftv2-configure.`);
  });
  if (config === undefined) return;
  addDataDirectories(config, ids);
  checkFileSystems(config);
  tellSystemd(config);
}

const { values } = parseArgs({
  options: {
    config: { type: 'string', default: CONFIG },
    print: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else if (values.print) process.stdout.write(dropIn(await loadConfig(values.config)));
else if (process.getuid() !== 0) {
  warn('bftv2-configure must be run as root');
  process.exitCode = 1;
} else await configure();
