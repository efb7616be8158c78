import packageJson from '../../package.json' with { type: 'json' };

/** The software's own version. */
export const VERSION = packageJson.version;
