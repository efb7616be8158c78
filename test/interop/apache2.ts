import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WebServer } from './web-server.ts';

const MODULES = '/usr/lib/apache2/modules';

export const apache2: WebServer = {
  name: 'apache2',
  version: { command: 'apache2', args: ['-v'] },
  async serve({ home, port }, directory) {
    const modules = ['mpm_event', 'authz_core', 'alias'].map(
      name => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`,
    );
    // It refuses to serve as root.
    const config = `
${modules.join('\n')}
User nobody
Group nogroup
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${join(home, 'apache2.pid')}
DefaultRuntimeDir ${home}
ErrorLog "|/bin/cat"
Alias /dcp/ "${directory}/"
<Directory "${directory}">
  Require all granted
</Directory>
`;
    const settings = join(home, 'apache2.conf');
    await writeFile(settings, config);
    return { command: 'apache2', args: ['-d', home, '-f', settings, '-D', 'FOREGROUND'], cwd: home };
  },
};
