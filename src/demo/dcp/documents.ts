import { element, xmlDocument, type XmlElement } from './xml.ts';

const MAP_NAMESPACE = 'http://www.smpte-ra.org/schemas/429-9/2007/AM';
const PKL_NAMESPACE = 'http://www.smpte-ra.org/schemas/429-8/2007/PKL';
const CPL_NAMESPACE = 'http://www.smpte-ra.org/schemas/429-7/2006/CPL';
const MAKER = 'bftv2 demo';
const FRAMES_PER_REEL = 24 * 60;

export interface Asset {
  readonly id: string;
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-1 in base64. */
  readonly hash: string;
  readonly type: 'application/mxf' | 'text/xml';
}

export interface Reel {
  readonly id: string;
  readonly picture: Asset;
  readonly sound: Asset;
}

/** What the documents of one package have in common. `issued` is an xs:dateTime. */
export interface Heading {
  readonly id: string;
  readonly title: string;
  readonly issued: string;
}

const urn = (id: string) => `urn:uuid:${id}`;
const issue = ({ issued }: Heading) => [element('IssueDate', issued), element('Issuer', MAKER)];
const opening = ({ id, title }: Heading) => [element('Id', urn(id)), element('AnnotationText', title)];

/** The composition: which essences play, reel by reel (SMPTE 429-7). */
export function compositionPlaylist(heading: Heading, versionId: string, reels: readonly Reel[]): string {
  const version = [element('Id', urn(versionId)), element('LabelText', '1')];
  const root = element('CompositionPlaylist', [
    ...opening(heading),
    ...issue(heading),
    element('Creator', MAKER),
    element('ContentTitleText', heading.title),
    element('ContentKind', 'test'),
    element('ContentVersion', version),
    element('RatingList', []),
    element('ReelList', reels.map(reelElement)),
  ]);
  return xmlDocument(CPL_NAMESPACE, root);
}

function reelElement({ id, picture, sound }: Reel): XmlElement {
  const format = [element('FrameRate', '24 1'), element('ScreenAspectRatio', '1998 1080')];
  const assets = [element('MainPicture', [...trackFile(picture), ...format]), element('MainSound', trackFile(sound))];
  return element('Reel', [element('Id', urn(id)), element('AssetList', assets)]);
}

function trackFile({ id, hash }: Asset): XmlElement[] {
  return [
    element('Id', urn(id)),
    element('EditRate', '24 1'),
    element('IntrinsicDuration', FRAMES_PER_REEL),
    element('EntryPoint', 0),
    element('Duration', FRAMES_PER_REEL),
    element('Hash', hash),
  ];
}

/** The packing list: size and hash of everything but itself, the map and the volume index (SMPTE 429-8). */
export function packingList(heading: Heading, assets: readonly Asset[]): string {
  const entries = assets.map(({ id, hash, size, type, file }) =>
    element('Asset', [
      element('Id', urn(id)),
      element('Hash', hash),
      element('Size', size),
      element('Type', type),
      element('OriginalFileName', file),
    ]),
  );
  const root = element('PackingList', [
    ...opening(heading),
    ...issue(heading),
    element('Creator', MAKER),
    element('AssetList', entries),
  ]);
  return xmlDocument(PKL_NAMESPACE, root);
}

/** The map: the path of the packing list and of all that it lists (SMPTE 429-9). */
export function assetMap(heading: Heading, pkl: Asset, assets: readonly Asset[]): string {
  const root = element('AssetMap', [
    ...opening(heading),
    element('Creator', MAKER),
    element('VolumeCount', 1),
    ...issue(heading),
    element('AssetList', [
      mapEntry(pkl, [element('PackingList', 'true')]),
      ...assets.map(asset => mapEntry(asset, [])),
    ]),
  ]);
  return xmlDocument(MAP_NAMESPACE, root);
}

function mapEntry({ id, file, size }: Asset, marker: readonly XmlElement[]): XmlElement {
  const chunk = element('Chunk', [
    element('Path', file),
    element('VolumeIndex', 1),
    element('Offset', 0),
    element('Length', size),
  ]);
  return element('Asset', [element('Id', urn(id)), ...marker, element('ChunkList', [chunk])]);
}

export function volumeIndex(): string {
  return xmlDocument(MAP_NAMESPACE, element('VolumeIndex', [element('Index', 1)]));
}
