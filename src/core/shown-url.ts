/** An address as it may be shown: without its query, which may hold signatures (hostile input 12), and without user and password. */
export function shownUrl(url: URL | string): string {
  if (!URL.canParse(String(url))) return JSON.stringify(String(url).split('?')[0]?.slice(0, 200));
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
