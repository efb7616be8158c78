import { type Handler, xmlReply } from '../exchange.ts';
import { compareKeys } from '../storage/key-order.ts';
import type { ObjectRecord } from '../storage/records.ts';
import { countOf } from '../target.ts';
import { leaf, tree } from '../xml.ts';

const MAX_KEYS = 1000;

interface Listing {
  readonly prefix: string;
  readonly marker: string;
  readonly delimiter: string;
  readonly maxKeys: number;
}

interface Page {
  readonly objects: readonly ObjectRecord[];
  readonly prefixes: readonly string[];
  /** Where the next page begins; undefined on the last one. */
  readonly nextMarker: string | undefined;
}

function commonPrefix(key: string, { prefix, delimiter }: Listing): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** One page of the listing. A common prefix stands for all its keys and counts as one. */
function pageOf(records: readonly ObjectRecord[], listing: Listing): Page {
  const objects: ObjectRecord[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  for (const record of records) {
    if (!record.key.startsWith(listing.prefix) || compareKeys(record.key, listing.marker) <= 0) continue;
    const common = commonPrefix(record.key, listing);
    if (common !== undefined && (common === prefixes.at(-1) || compareKeys(common, listing.marker) <= 0)) continue;
    if (objects.length + prefixes.length >= listing.maxKeys) return { objects, prefixes, nextMarker: last };
    if (common === undefined) objects.push(record);
    else prefixes.push(common);
    last = common ?? record.key;
  }
  return { objects, prefixes, nextMarker: undefined };
}

function contentsOf({ key, modified, etag, size }: ObjectRecord): string {
  const facts = [leaf('LastModified', modified), leaf('ETag', `"${etag}"`), leaf('Size', size)];
  return tree('Contents', leaf('Key', key), ...facts, leaf('StorageClass', 'STANDARD'));
}

/** GET /bucket: keys in the order of their UTF-8 bytes, after `marker`, at most 1000 a page. */
export const listObjects: Handler = async ({ store, target: { bucket: name, query } }) => {
  const listing: Listing = {
    prefix: query.get('prefix') ?? '',
    marker: query.get('marker') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: Math.min(countOf(query, 'max-keys', MAX_KEYS), MAX_KEYS),
  };
  const { objects, prefixes, nextMarker } = pageOf(store.bucket(name).objects.sorted(), listing);
  return xmlReply(
    tree(
      'ListBucketResult',
      leaf('Name', name),
      leaf('Prefix', listing.prefix),
      leaf('Marker', listing.marker),
      ...(nextMarker === undefined ? [] : [leaf('NextMarker', nextMarker)]),
      ...(listing.delimiter === '' ? [] : [leaf('Delimiter', listing.delimiter)]),
      leaf('MaxKeys', listing.maxKeys),
      leaf('IsTruncated', nextMarker !== undefined),
      ...objects.map(contentsOf),
      ...prefixes.map(prefix => tree('CommonPrefixes', leaf('Prefix', prefix))),
    ),
  );
};
