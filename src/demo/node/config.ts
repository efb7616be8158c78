import { join } from 'node:path';

export type Role = 'sender' | 'cacher' | 'receiver';

/** The demo's one distribution centre and organisation. */
export const BASESUBDIR = 'cfec-001';
const SENDER_ID = 'cfec';

export interface Bucket {
  readonly name: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly endpoint: string;
}

/** The ports of 127.0.0.1 that the sender publishes on. */
export interface SenderPorts {
  readonly origin: number;
  readonly tracker: number;
}

/** Where a node keeps everything: `<root>/<name>`. */
export class NodePlace {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get configFile(): string {
    return join(this.root, 'config.json');
  }

  get logFile(): string {
    return join(this.root, 'daemon.log');
  }

  /** The root of its package storage. */
  get storage(): string {
    return join(this.root, 'dcp');
  }

  /** Task files made by gentask or handed to send. */
  get sendingTmp(): string {
    return join(this.root, 'sending', 'tmp');
  }

  /** Task files handed to recv. */
  get receivingTmp(): string {
    return join(this.root, 'receiving', 'tmp');
  }

  get directories(): readonly string[] {
    return [this.storage, this.sendingTmp, this.receivingTmp, join(this.root, 'transfer'), join(this.root, 'state')];
  }
}

/** The ports of 127.0.0.1 that every node listens on. */
export interface NodePorts {
  readonly api: number;
  readonly console: number;
}

/** What the configuration of every node has. All listens on loopback, on no port that another daemon has. */
export function nodeConfig(role: Role, place: NodePlace, ports: NodePorts): Record<string, unknown> {
  return {
    servertype: role,
    basedatapath: place.storage,
    basesubdir: BASESUBDIR,
    senderpath: join(place.root, 'sending'),
    receiverpath: join(place.root, 'receiving'),
    transferpath: join(place.root, 'transfer'),
    statepath: join(place.root, 'state'),
    hashtable: join(place.root, 'hashtable.txt'),
    apilisten: `127.0.0.1:${ports.api}`,
    consolelisten: `127.0.0.1:${ports.console}`,
    btport: 0,
    avoidrepeat: false,
    priorpolicy: 'fulltime',
    receiverstoreplan: 'A',
  };
}

export function announceUrl({ tracker }: SenderPorts): string {
  return `http://127.0.0.1:${tracker}/announce`;
}

/** What only the sender's configuration has: where it publishes, and the bucket. */
export function senderConfig(ports: SenderPorts, bucket: Bucket): Record<string, unknown> {
  const origin = `127.0.0.1:${ports.origin}`;
  return {
    senderid: SENDER_ID,
    senderdomain: `http://${origin}`,
    cdnurl: `http://${origin}`,
    originlisten: origin,
    tracker: announceUrl(ports),
    trackerlisten: `127.0.0.1:${ports.tracker}`,
    obsurl: `obs://${bucket.name}`,
    obsak: bucket.accessKey,
    obssk: bucket.secretKey,
    obsendpoint: bucket.endpoint,
    obsurlstyle: 'path',
  };
}
