import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { FindingCode } from './findings.ts';

const MAX_DEPTH = 64;
const MAX_ATTRIBUTES = 64;
/** As many files as a task may have. */
const MAX_RECORDS = 200_000;
/** Elements that are held at once: of one record, and of all that is in none. */
const MAX_ELEMENTS = 20_000;
const MAX_TEXT = 256 * 1024;
/** Characters of a name, a comment, a document type: the parser holds it until it ends. */
const MAX_TOKEN = 1024 * 1024;
/** What asset map, packing list and reels alike keep their entries in. */
const LIST = 'AssetList';

/** Names without prefix. `text` has none of the children's. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

type Growing = { name: string; namespace: string; text: string; children: XmlElement[] };

/** What is read of a kind of document: its root's name, and what is kept of each entry of its asset lists. */
export interface DocumentKind<R> {
  readonly root: string;
  readonly record: (entry: XmlElement) => R;
}

/** `root` lacks the entries. */
export interface XmlDocument<R> {
  readonly root: XmlElement;
  readonly records: readonly R[];
}

/** Why a document is not read. */
export class XmlFault extends Error {
  readonly code: FindingCode;

  constructor(code: FindingCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/**
 * Reads an XML document of a package piece by piece: namespaces are resolved, document types refused, and everything is bounded. Each entry of an
 * asset list is turned into a record as soon as it ends, so that memory does not grow with what is around it. Throws only XmlFault.
 */
export class XmlReader<R> {
  readonly #kind: DocumentKind<R>;
  readonly #parser = new SaxesParser({ xmlns: true, position: true });
  readonly #open: Growing[] = [];
  readonly #records: R[] = [];
  #root: Growing | undefined;
  /** Depth at which the entry that is being read began; 0: none is. */
  #entryDepth = 0;
  #outside = 0;
  #inside = 0;
  #attributes = 0;
  /** Characters since the parser last told of something. */
  #silent = 0;

  constructor(kind: DocumentKind<R>) {
    this.#kind = kind;
    this.#parser.on('doctype', () => fail('XML_DOCTYPE', 'it has a document type (DOCTYPE), which is refused'));
    this.#parser.on('opentagstart', () => void (this.#attributes = 0));
    this.#parser.on('attribute', () => this.#attribute());
    this.#parser.on('opentag', tag => this.#begin(tag));
    this.#parser.on('closetag', () => this.#end());
    this.#parser.on('text', text => this.#text(text));
    this.#parser.on('cdata', text => this.#text(text));
  }

  /** Pieces of at most a megabyte. */
  write(text: string): void {
    this.#silent += text.length;
    this.#parse(() => this.#parser.write(text));
    if (this.#silent > MAX_TOKEN) tooMuch(`${MAX_TOKEN} characters in a row that are no element`);
  }

  end(): XmlDocument<R> {
    this.#parse(() => this.#parser.close());
    return { root: this.#root ?? fail('XML_INVALID', 'it is empty'), records: this.#records };
  }

  #parse(step: () => unknown): void {
    try {
      step();
    } catch (error) {
      if (error instanceof XmlFault) throw error;
      throw new XmlFault('XML_INVALID', `it is no XML: ${error instanceof Error ? error.message : ''}`, error);
    }
  }

  #attribute(): void {
    this.#silent = 0;
    if (++this.#attributes > MAX_ATTRIBUTES) tooMuch(`${MAX_ATTRIBUTES} attributes`);
  }

  #begin({ local, uri }: SaxesTagNS): void {
    this.#silent = 0;
    if (!this.#root && local !== this.#kind.root) {
      fail('ROOT_UNKNOWN', `its root is ${local.slice(0, 100)}, not ${this.#kind.root}`);
    }
    if (this.#open.length >= MAX_DEPTH) tooMuch(`${MAX_DEPTH} levels`);
    const element: Growing = { name: local, namespace: uri, text: '', children: [] };
    const parent = this.#open.at(-1);
    this.#root ??= element;
    this.#open.push(element);
    if (this.#entryDepth === 0 && parent?.name === LIST) {
      this.#entryDepth = this.#open.length;
      this.#inside = 0;
    } else parent?.children.push(element);
    const count = this.#entryDepth === 0 ? ++this.#outside : ++this.#inside;
    if (count > MAX_ELEMENTS) tooMuch(`${MAX_ELEMENTS} elements`);
  }

  #end(): void {
    this.#silent = 0;
    const isEntry = this.#open.length === this.#entryDepth;
    const element = this.#open.pop();
    if (!isEntry || !element) return;
    this.#entryDepth = 0;
    if (this.#records.length >= MAX_RECORDS) tooMuch(`${MAX_RECORDS} entries`);
    this.#records.push(this.#kind.record(element));
  }

  #text(text: string): void {
    const element = this.#open.at(-1);
    if (!element) return;
    element.text += text;
    if (element.text.length > MAX_TEXT) tooMuch(`${MAX_TEXT} characters in an element`);
  }
}

function fail(code: FindingCode, message: string): never {
  throw new XmlFault(code, message);
}

function tooMuch(limit: string): never {
  return fail('XML_LIMIT', `it has more than ${limit}`);
}

/** Text of the first child of that name, '' if there is none. */
export function textOf({ children }: XmlElement, name: string): string {
  return children.find(child => child.name === name)?.text.trim() ?? '';
}

/** The children of that name. */
export function childrenOf({ children }: XmlElement, name: string): XmlElement[] {
  return children.filter(child => child.name === name);
}
