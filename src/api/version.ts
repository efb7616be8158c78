import packageJson from '../../package.json' with { type: 'json' };

/** The software's own version. */
export const VERSION = packageJson.version;

/** Version of the protocol, as the original answers it (decision 7). */
export const PROTOCOL_VERSION = '2.001';
