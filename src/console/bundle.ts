import { fileURLToPath } from 'node:url';
import { build, type OutputFile, stop } from 'esbuild';
import { docsPages } from './docs-pages.ts';
import { indexPage } from './index-page.ts';

const ENTRY = fileURLToPath(new URL('browser/main.tsx', import.meta.url));
const OUT = '/out';
/** The first ones that know light-dark(). */
const BROWSERS = ['chrome123', 'edge123', 'firefox120', 'safari17.5'];

/** The console's files by the path of their URL. */
export async function bundle(): Promise<ReadonlyMap<string, Buffer>> {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    outdir: OUT,
    entryNames: 'assets/[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: BROWSERS,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  // Else the bundler's process would stay as long as the daemon.
  await stop();
  const files = outputFiles.map(file => [file.path.slice(OUT.length), Buffer.from(file.contents)] as const);
  const style = nameOf(outputFiles, '.css');
  const page = indexPage(nameOf(outputFiles, '.js'), style);
  return new Map([['/index.html', Buffer.from(page)], ...files, ...(await docsPages(style))]);
}

function nameOf(files: readonly OutputFile[], suffix: string): string {
  const file = files.find(({ path }) => path.endsWith(suffix));
  if (!file) throw new Error(`the bundler wrote no ${suffix} file`);
  return file.path.slice(OUT.length);
}
