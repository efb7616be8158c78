import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from './foreign-process.ts';
import type { Site, WebServer } from './web-server.ts';

const MODULES = '/usr/lib/apache2/modules';

export const apache2: WebServer = {
  name: 'apache2',
  version: { command: 'apache2', args: ['-v'] },
  serve: ({ home, port }, directory) =>
    apacheWith(
      { home, port },
      `Alias /dcp/ "${directory}/"\n<Directory "${directory}">\n  Require all granted\n</Directory>`,
    ),
};

/** How it is started with what it serves. */
export async function apacheWith({ home, port }: Site, sites: string): Promise<Command> {
  const modules = ['mpm_event', 'authz_core', 'alias', 'mime', 'reqtimeout'].map(
    name => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`,
  );
  const types = join(home, 'types');
  await writeFile(types, '');
  // It refuses to serve as root.
  const config = `
${modules.join('\n')}
TypesConfig ${types}
User nobody
Group nogroup
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${join(home, 'apache2.pid')}
DefaultRuntimeDir ${home}
ErrorLog "|/bin/cat"
${sites}
`;
  const settings = join(home, 'apache2.conf');
  await writeFile(settings, config);
  return { command: 'apache2', args: ['-d', home, '-f', settings, '-D', 'FOREGROUND'], cwd: home };
}
