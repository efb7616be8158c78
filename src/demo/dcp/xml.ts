export interface XmlElement {
  readonly name: string;
  readonly content: string | readonly XmlElement[];
  readonly namespace?: string;
}

export function element(name: string, content: string | number | readonly XmlElement[]): XmlElement {
  return { name, content: typeof content === 'number' ? String(content) : content };
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, character => ENTITIES[character] ?? character);
}

/** The document with `root` in the default namespace, indented. */
export function xmlDocument(namespace: string, root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render({ ...root, namespace }, '')}`;
}

function render({ name, content, namespace }: XmlElement, indent: string): string {
  const open = namespace === undefined ? name : `${name} xmlns="${escapeXml(namespace)}"`;
  if (typeof content === 'string') return `${indent}<${open}>${escapeXml(content)}</${name}>\n`;
  if (content.length === 0) return `${indent}<${open}/>\n`;
  return `${indent}<${open}>\n${content.map(child => render(child, `${indent}  `)).join('')}${indent}</${name}>\n`;
}
