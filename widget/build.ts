import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type InlineConfig, type Rolldown } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));

/** What every current browser of the last three years runs. */
const target = ['chrome111', 'edge111', 'firefox114', 'safari16.4'];

const common: InlineConfig = {
  configFile: false,
  root: here,
  logLevel: 'warn',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The launcher's label and the like come from `config`, never from the page's environment.
  envDir: false,
};

/**
 * Builds the widget into `outDir`: `widget.js`, whose name is in every host page and never changes, and the chat it
 * loads on first need, whose name has its content's hash so that browsers may keep it for ever.
 */
export async function buildWidget(outDir = join(here, 'dist')): Promise<{ loader: string; chat: string }> {
  const chat = await bundle('src/chat/chat.tsx', 'es', 'chat-[hash].js', {});
  const loader = await bundle('src/loader.ts', 'iife', 'widget.js', { __CHAT_FILE__: JSON.stringify(chat.fileName) });
  await mkdir(outDir, { recursive: true });
  // First what is referred to, then what refers to it, then the old away: a server may be reading here.
  for (const { fileName, code } of [chat, loader]) await writeFile(join(outDir, fileName), code);
  for (const file of await readdir(outDir)) {
    if (file !== chat.fileName && file !== loader.fileName) await rm(join(outDir, file), { recursive: true });
  }
  return { loader: join(outDir, loader.fileName), chat: join(outDir, chat.fileName) };
}

async function bundle(
  entry: string,
  format: 'es' | 'iife',
  fileName: string,
  define: Record<string, string>,
): Promise<Rolldown.OutputChunk> {
  const built = await build({
    ...common,
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    build: {
      target,
      write: false,
      minify: 'oxc',
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: {
        input: join(here, entry),
        preserveEntrySignatures: 'strict',
        output: { format, entryFileNames: fileName, name: format === 'iife' ? 'ParleyLoader' : undefined },
      },
    },
  } as InlineConfig);
  const { output } = (Array.isArray(built) ? built[0] : built) as Rolldown.RolldownOutput;
  const chunks = output.filter((file) => file.type === 'chunk');
  const [chunk] = chunks;
  if (chunk === undefined || chunks.length !== 1) {
    throw new Error(`${entry} must become one file, and became ${chunks.map((file) => file.fileName).join(', ')}`);
  }
  return chunk;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWidget();
