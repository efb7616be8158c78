import { libtorrent } from './libtorrent.ts';
import { clientSuite } from './suite.ts';

clientSuite(libtorrent);
