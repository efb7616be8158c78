import { aria2 } from './aria2.ts';
import { clientSuite } from './suite.ts';

clientSuite(aria2);
