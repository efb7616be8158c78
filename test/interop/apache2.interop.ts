import { apache2 } from './apache2.ts';
import { originSuite } from './web-server.ts';

originSuite(apache2);
