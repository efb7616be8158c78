import { registerHooks } from 'node:module';

const TORRENT = /\/webtorrent\/lib\/torrent\.js$/;
const REPLACEMENT = new URL('piece-hash.ts', import.meta.url).href;

/** Gives webtorrent's torrent.js our `hash`. Must be called before webtorrent is loaded; torrent.js takes nothing else from uint8-util. */
export function replacePieceHash(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const isTorrent = specifier === 'uint8-util' && TORRENT.test(context.parentURL ?? '');
      return nextResolve(isTorrent ? REPLACEMENT : specifier, context);
    },
  });
}
