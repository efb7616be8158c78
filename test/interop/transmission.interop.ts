import { transmission } from './transmission.ts';
import { clientSuite } from './suite.ts';

clientSuite(transmission);
