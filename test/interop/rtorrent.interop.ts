import { rtorrent } from './rtorrent.ts';
import { clientSuite } from './suite.ts';

clientSuite(rtorrent);
